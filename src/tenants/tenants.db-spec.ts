import { setTimeout as sleep } from 'node:timers/promises';
import { Test, type TestingModule } from '@nestjs/testing';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { AccessModule } from '../access/access.module.js';
import { systemActor } from '../access/actor.js';
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
    const [record] = await database.dataSource.query<{ before: string; after: string }[]>(
      `SELECT state_before::jsonb ->> 'displayName' AS before, state_after::jsonb ->> 'displayName' AS after
         FROM audit_events WHERE action = 'tenants.tenant.updated' AND target_id = $1`,
      [id],
    );
    expect(record).toEqual({ before: 'Second name', after: 'Third name' });
  });

  it('tell a tenant that is not there from one that has changed', async () => {
    const { id } = await create();
    const tenants = room.get(TenantsService);
    await expect(tenants.update(actor, newId(), 1, {})).rejects.toMatchObject({ code: 'tenants.not_found' });
    await expect(tenants.update(actor, id, 7, {})).rejects.toMatchObject({ code: 'request.precondition_failed' });
  });
});
