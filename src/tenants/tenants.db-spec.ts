import { setTimeout as sleep } from 'node:timers/promises';
import { Test, type TestingModule } from '@nestjs/testing';
import { auditTrail } from '../../test/support/audit-trail.js';
import { callerReachModule, keyRingModule } from '../../test/support/key-ring-module.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { AccessModule } from '../access/access.module.js';
import { systemActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { ConfigModule } from '../config/config.module.js';
import { Settings } from '../config/settings.js';
import { DatabaseModule } from '../database/database.module.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import { createLogger } from '../observability/logger.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { TenantsModule } from './tenants.module.js';
import { TenantsService } from './tenants.service.js';

describe('watched tenants', () => {
  const actor = systemActor('test');
  let database: TestDatabase;
  let room: TestingModule;

  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 5 });
    room = await Test.createTestingModule({
      imports: [
        ConfigModule.with(new Settings()),
        ObservabilityModule.with(createLogger('silent')),
        AccessModule,
        DatabaseModule.with(database.dataSource),
        await keyRingModule(database),
        callerReachModule,
        TenantsModule,
      ],
    }).compile();
  });
  afterAll(() => database?.close());

  const create = () =>
    room.get(TenantsService).create(actor, {
      entraTenantId: newId(),
      displayName: 'First name',
      signInAllowed: false,
      scanEnabled: false,
      scanIntervalSeconds: 3600,
      breakGlassObjectIds: [],
    });

  it('record as the state before a change the one that was changed, also when somebody else was just changing it', async () => {
    const { id } = await create();
    let update: Promise<unknown> = Promise.resolve();
    await room.get(TransactionRunner).run(async (tx) => {
      await tx.query(`UPDATE tenants SET display_name = 'Second name', version = 2 WHERE id = $1`, [id]);
      update = room.get(TenantsService).update(actor, id, 2, { displayName: 'Third name' });
      // Until it waits for this transaction.
      const waiting = () =>
        tx.query<unknown[]>(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
      for (let round = 0; round < 500 && (await waiting()).length === 0; round++) await sleep(10);
    });
    await update;
    const audit = room.get(AuditService, { strict: false });
    expect(await auditTrail(audit, { action: 'tenants.tenant.updated', targetId: id })).toMatchObject([
      { before: { displayName: 'Second name' }, after: { displayName: 'Third name' } },
    ]);
  });

  it('tell a tenant that is not there from one that has changed', async () => {
    const { id } = await create();
    const tenants = room.get(TenantsService);
    await expect(tenants.update(actor, newId(), 1, {})).rejects.toMatchObject({ code: 'tenants.not_found' });
    await expect(tenants.update(actor, id, 7, {})).rejects.toMatchObject({ code: 'request.precondition_failed' });
  });
});
