import { Global, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { AccessModule } from '../../src/access/access.module.js';
import { systemActor } from '../../src/access/actor.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { Settings } from '../../src/config/settings.js';
import { DatabaseModule } from '../../src/database/database.module.js';
import { OwnSource } from '../../src/drift/collect/own-source.js';
import { DriftModule } from '../../src/drift/drift.module.js';
import { newId } from '../../src/kernel/ids/ids.js';
import { createLogger } from '../../src/observability/logger.js';
import { ObservabilityModule } from '../../src/observability/observability.module.js';
import { TenantsService } from '../../src/tenants/tenants.service.js';
import type { WatchedTenant } from '../../src/tenants/tenants.types.js';
import { callerReachModule, keyRingModule } from './key-ring-module.js';
import type { TestDatabase } from './test-database.js';

@Global()
@Module({ providers: [{ provide: OwnSource, useValue: { read: async () => new Map() } }], exports: [OwnSource] })
class NothingOfOurs {}

/** The room of drift by itself: nothing of this service is watched, and no job runs. */
export async function startDriftRoom(database: TestDatabase, changed: Partial<Settings> = {}): Promise<TestingModule> {
  const settings = Object.assign(new Settings(), {
    PROCESS_ROLE: 'api',
    MASTER_KEY: Buffer.alloc(32, 'k').toString('base64'),
    ...changed,
  });
  return Test.createTestingModule({
    imports: [
      ConfigModule.with(settings),
      ObservabilityModule.with(createLogger('silent')),
      AccessModule,
      DatabaseModule.with(database.dataSource),
      ScheduleModule.forRoot(),
      await keyRingModule(database),
      callerReachModule,
      NothingOfOurs,
      DriftModule,
    ],
  }).compile();
}

/** A tenant that nobody reads. */
export function addTenant(room: TestingModule, displayName = 'Contoso'): Promise<WatchedTenant> {
  return room.get(TenantsService).create(systemActor('test'), {
    entraTenantId: newId(),
    displayName,
    signInAllowed: false,
    scanEnabled: false,
    scanIntervalSeconds: 3600,
    breakGlassObjectIds: [],
  });
}
