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
import { sha256 } from '../crypto/digest.js';
import { DatabaseModule } from '../database/database.module.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import { createLogger } from '../observability/logger.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { ServiceAccountChanges } from './service-account-changes.service.js';
import { ServiceAccountCredentials } from './service-account-credentials.service.js';
import { ServiceAccountRules } from './service-account-rules.service.js';
import { ServiceAccountsService } from './service-accounts.service.js';
import { UserStatusRules } from './user-status-rules.service.js';
import { UsersModule } from './users.module.js';
import { UsersService } from './users.service.js';

describe('service accounts', () => {
  const actor = systemActor('test');
  const tenantId = newId();
  const logged: string[] = [];
  const refused = new Set<string>();
  let database: TestDatabase;
  let room: TestingModule;
  let accounts: ServiceAccountsService;
  let changes: ServiceAccountChanges;
  let credentials: ServiceAccountCredentials;
  const sql = <T = Record<string, unknown>>(query: string, parameters?: unknown[]) =>
    database.dataSource.query<T[]>(query, parameters);

  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 6 });
    const logger = createLogger('warn', { write: (line: string) => void logged.push(line) });
    room = await Test.createTestingModule({
      imports: [
        ConfigModule.with(new Settings()),
        ObservabilityModule.with(logger),
        AccessModule,
        DatabaseModule.with(database.dataSource),
        await keyRingModule(database),
        callerReachModule,
        UsersModule,
      ],
    }).compile();
    accounts = room.get(ServiceAccountsService);
    changes = room.get(ServiceAccountChanges);
    credentials = room.get(ServiceAccountCredentials);
    room.get(UserStatusRules).beforeDisabling(async () => undefined);
    room.get(UserStatusRules).beforeTaking(async () => undefined);
    room.get(UserStatusRules).beforeEnabling(async () => undefined);
    room.get(ServiceAccountRules).beforeControl(async (_tx, _actor, id) => {
      if (refused.has(id)) throw new Error('refused by a rule');
    });
    await sql(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, gen_random_uuid(), 'a tenant', true, false, 300)`,
      [tenantId],
    );
  });
  afterAll(() => database?.close());

  const person = async (tenant = tenantId): Promise<string> => {
    const id = newId();
    await sql(
      `INSERT INTO users (id, tenant_id, object_id, display_name) VALUES ($1, $2, gen_random_uuid(), 'Ada Lovelace')`,
      [id, tenant],
    );
    return id;
  };
  const account = async (ownerUserId?: string) =>
    changes.create(actor, {
      name: `program ${newId()}`,
      description: '',
      ownerUserId: ownerUserId ?? (await person()),
      dpopRequired: false,
    });
  const secretOf = (id: string) =>
    credentials.create(actor, id, { kind: 'secret', publicJwk: undefined, expiresInDays: 90 });
  const stampOf = async (id: string) => (await accounts.get(id)).securityStamp;
  const untilWaiting = async (count: number) => {
    const waiting = () =>
      sql(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);
    for (let round = 0; round < 500 && (await waiting()).length < count; round++) await sleep(10);
  };

  it('are controlled by nobody while nobody has said who may', async () => {
    await expect(
      new ServiceAccountRules().assertMayControl(database.dataSource.manager, actor, newId()),
    ).rejects.toThrow('nobody has said who may control');
  });

  it('get no credential and no change from whom the rules refuse, and lose none', async () => {
    const { id } = await account();
    const { credential } = await secretOf(id);
    refused.add(id);
    for (const attempt of [
      () => secretOf(id),
      () => credentials.revoke(actor, id, credential.id),
      () => changes.update(actor, id, 1, { description: 'mine' }),
    ]) {
      await expect(attempt()).rejects.toThrow('refused by a rule');
    }
    expect(await accounts.get(id)).toMatchObject({ version: 1, securityStamp: 1 });
    refused.delete(id);
    expect((await accounts.forAuthentication(id))?.credentials).toHaveLength(1);
    await expect(changes.update(actor, id, 1, { description: 'mine' })).resolves.toBeDefined();
  });

  describe('are authenticated', () => {
    it('by every credential that stands, of which only the digest is kept', async () => {
      const { id } = await account();
      const first = await secretOf(id);
      const second = await secretOf(id);
      expect(first.secret).toMatch(/^bxs_[\w-]{43}$/);
      const known = await accounts.forAuthentication(id);
      expect(known?.account).toEqual(await accounts.get(id));
      expect(known?.credentials).toEqual(
        [first, second].map(({ credential, secret }) => ({
          id: credential.id,
          kind: 'secret',
          secretHash: sha256(secret ?? ''),
        })),
      );
    });

    it.each([
      ['the account is disabled', 'UPDATE service_accounts SET status = $2 WHERE id = $1', 'disabled'],
      [
        'its owner is disabled',
        'UPDATE users SET status = $2 WHERE id = (SELECT owner_user_id FROM service_accounts WHERE id = $1)',
        'disabled',
      ],
    ])('by nothing once %s', async (_what, statement, value) => {
      const { id } = await account();
      await secretOf(id);
      expect(await accounts.forAuthentication(id)).not.toBeNull();
      await sql(statement, [id, value]);
      expect(await accounts.forAuthentication(id)).toBeNull();
    });

    it('by nothing once their tenant may not sign in', async () => {
      const { id } = await account();
      await sql('UPDATE tenants SET sign_in_allowed = false');
      expect(await accounts.forAuthentication(id)).toBeNull();
      await sql('UPDATE tenants SET sign_in_allowed = true');
      expect(await accounts.forAuthentication(id)).not.toBeNull();
    });

    it('by no credential that has expired by the clock of the database, or was revoked', async () => {
      const { id } = await account();
      const expiring = await secretOf(id);
      const revoked = await secretOf(id);
      await sql(
        `UPDATE service_account_credentials SET expires_at = clock_timestamp() + interval '1 minute' WHERE id = $1`,
        [expiring.credential.id],
      );
      await credentials.revoke(actor, id, revoked.credential.id);
      expect((await accounts.forAuthentication(id))?.credentials).toHaveLength(1);
      await sql('UPDATE service_account_credentials SET expires_at = clock_timestamp() WHERE id = $1', [
        expiring.credential.id,
      ]);
      expect(await accounts.forAuthentication(id)).toEqual({ account: await accounts.get(id), credentials: [] });
    });

    it.each(['', 'blindspotx', `${newId()}'`, newId()])('as nobody under the client id %p', async (clientId) => {
      expect(await accounts.forAuthentication(clientId)).toBeNull();
    });
  });

  describe('have two usable credentials at most', () => {
    it('also when three are asked for at once', async () => {
      const { id } = await account();
      const results = await Promise.allSettled([secretOf(id), secretOf(id), secretOf(id)]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
      expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'users.too_many_credentials' },
      });
    });

    it('of which expired ones are none, so that a new one takes their place', async () => {
      const { id } = await account();
      await secretOf(id);
      const { credential } = await secretOf(id);
      await sql('UPDATE service_account_credentials SET expires_at = now() WHERE id = $1', [credential.id]);
      await expect(secretOf(id)).resolves.toBeDefined();
    });

    it('each for as many days as were asked for', async () => {
      const { id } = await account();
      const { credential } = await credentials.create(actor, id, {
        kind: 'secret',
        publicJwk: undefined,
        expiresInDays: 365,
      });
      expect(credential.expiresAt.getTime() - credential.createdAt.getTime()).toBe(365 * 86_400_000);
    });
  });

  it('note the use of a credential once a minute, wait for nobody and fail nobody', async () => {
    const { credential } = await secretOf((await account()).id);
    const usedAt = async () =>
      (
        await sql<{ used: string | null }>(
          'SELECT last_used_at::text AS used FROM service_account_credentials WHERE id = $1',
          [credential.id],
        )
      )[0]?.used;
    await accounts.noteCredentialUse(credential.id);
    const first = await usedAt();
    expect(first).toEqual(expect.any(String));
    await accounts.noteCredentialUse(credential.id);
    expect(await usedAt()).toBe(first);
    await sql(`UPDATE service_account_credentials SET last_used_at = now() - interval '61 s' WHERE id = $1`, [
      credential.id,
    ]);
    const aged = await usedAt();
    await room.get(TransactionRunner).run(async (tx) => {
      await tx.query('SELECT 1 FROM service_account_credentials WHERE id = $1 FOR UPDATE', [credential.id]);
      await accounts.noteCredentialUse(credential.id);
    });
    expect(await usedAt()).toBe(aged);
    await accounts.noteCredentialUse(credential.id);
    expect(await usedAt()).not.toBe(aged);
    await accounts.noteCredentialUse('no id at all');
    expect(logged.join()).toContain('the use of a credential was not noted');
  });

  describe('end with their owner', () => {
    it('in the same transaction, on record with the reason, and do not come back with them', async () => {
      const owner = await person();
      const [mine, disabled, others] = [await account(owner), await account(owner), await account()];
      await changes.update(actor, disabled.id, 1, { status: 'disabled' });
      const before = await stampOf(disabled.id);
      await room.get(UsersService).setStatus(actor, owner, 1, 'disabled');
      expect((await accounts.get(mine.id)).status).toBe('disabled');
      expect(await stampOf(mine.id)).toBe(mine.securityStamp + 1);
      expect(await stampOf(disabled.id)).toBe(before);
      expect((await accounts.get(others.id)).status).toBe('active');
      await room.get(UsersService).setStatus(actor, owner, 2, 'active');
      expect((await accounts.get(mine.id)).status).toBe('disabled');
      const records = await auditTrail(room.get(AuditService, { strict: false }), {
        action: 'users.service-account.updated',
        targetId: mine.id,
      });
      expect(records).toMatchObject([
        { reason: 'owner_disabled', before: { status: 'active' }, after: { status: 'disabled' } },
      ]);
    });

    it('also when they are being handed over to somebody at that moment', async () => {
      const [owner, next] = [await person(), await person()];
      const { id } = await account(owner);
      // Holds the account: the hand-over has then looked at its new owner and waits.
      const holder = database.dataSource.createQueryRunner();
      await holder.startTransaction();
      await holder.query('SELECT 1 FROM service_accounts WHERE id = $1 FOR UPDATE', [id]);
      const handOver = changes.update(actor, id, 1, { ownerUserId: next });
      await untilWaiting(1);
      const disabling = room.get(UsersService).setStatus(actor, next, 1, 'disabled');
      await Promise.race([disabling, untilWaiting(2)]);
      await holder.commitTransaction();
      await holder.release();
      await Promise.all([handOver, disabling]);
      expect(await accounts.get(id)).toMatchObject({ ownerUserId: next, status: 'disabled' });
    });

    it.each([
      ['is handed over to', (id: string, owner: string) => changes.update(actor, id, 1, { ownerUserId: owner })],
      ['is made for', (_id: string, owner: string) => account(owner)],
    ])('and none %s somebody who is disabled or unknown', async (_what, attempt) => {
      const { id } = await account();
      const gone = await person();
      await sql(`UPDATE users SET status = 'disabled' WHERE id = $1`, [gone]);
      for (const owner of [gone, newId()]) {
        await expect(attempt(id, owner)).rejects.toMatchObject({ code: 'users.invalid_owner' });
      }
    });

    it('and belong to one tenant for good', async () => {
      const { id } = await account();
      const [other] = await sql<{ id: string }>(
        `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
         VALUES (gen_random_uuid(), gen_random_uuid(), 'another', true, false, 300) RETURNING id`,
      );
      const stranger = await person(other?.id);
      await expect(changes.update(actor, id, 1, { ownerUserId: stranger })).rejects.toMatchObject({
        code: 'users.invalid_owner',
      });
      expect((await account(stranger)).tenantId).toBe(other?.id);
    });

    it('and are enabled only under an owner who is active', async () => {
      const owner = await person();
      const { id } = await account(owner);
      await room.get(UsersService).setStatus(actor, owner, 1, 'disabled');
      await expect(changes.update(actor, id, 2, { status: 'active' })).rejects.toMatchObject({
        code: 'users.invalid_owner',
      });
      const next = await person();
      const { account: enabled } = await changes.update(actor, id, 2, { status: 'active', ownerUserId: next });
      expect(enabled).toMatchObject({ status: 'active', ownerUserId: next, version: 3 });
    });
  });

  it.each([
    ['disabled', { status: 'disabled' as const }, true],
    ['told to take bound tokens only', { dpopRequired: true }, true],
    ['renamed', { name: 'another name', description: 'said better' }, false],
    ['enabled though active', { status: 'active' as const }, false],
  ])('lose their tokens when they are %s: %p %p', async (_what, patch, ends) => {
    const { id, securityStamp } = await account();
    expect((await changes.update(actor, id, 1, patch)).endedTokens).toBe(ends);
    expect((await stampOf(id)) > securityStamp).toBe(ends);
  });
});
