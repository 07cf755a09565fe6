import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import type { DataSource } from 'typeorm';
import { AccessModule } from '../access/access.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { AuthModule } from '../auth/auth.module.js';
import { ConfigModule } from '../config/config.module.js';
import type { Settings } from '../config/settings.js';
import { DatabaseModule } from '../database/database.module.js';
import { DriftModule } from '../drift/drift.module.js';
import { EntraModule } from '../entra/entra.module.js';
import { HealthModule } from '../health/health.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { NotificationsModule } from '../notifications/notifications.module.js';
import type { Logger } from '../observability/logger.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { PermissionGuard } from '../rbac/permission.guard.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { ScimModule } from '../scim/scim.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { UsersModule } from '../users/users.module.js';
import { auditMutations } from './audit-mutations.js';
import { CallerReachModule } from './caller-reach.module.js';
import { OwnSourcesModule } from './own-sources.module.js';

/** The map of the house. Rooms are listed from the ground up; nobody imports a room that stands below it. */
@Module({})
export class AppModule {
  static with(settings: Settings, dataSource: DataSource, logger: Logger): DynamicModule {
    const rooms = [
      ConfigModule.with(settings),
      ObservabilityModule.with(logger),
      AccessModule,
      DatabaseModule.with(dataSource),
      ScheduleModule.forRoot(),
      // What everything else stands on
      JobsModule,
      OutboxModule,
      AuditModule,
      LimitsModule,
      KeysModule,
      EntraModule,
      // People: who they are, what they may do, how they come in
      TenantsModule,
      UsersModule,
      RbacModule,
      CallerReachModule,
      AuthModule,
      ScimModule,
      // The main job: what changed, and telling somebody
      OwnSourcesModule,
      DriftModule,
      NotificationsModule,
      HealthModule,
    ];
    auditMutations(rooms);
    return {
      module: AppModule,
      imports: rooms,
      providers: [
        // Who, then may: in this order, on every route.
        { provide: APP_GUARD, useExisting: AuthGuard },
        { provide: APP_GUARD, useExisting: PermissionGuard },
      ],
    };
  }
}
