import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import type { Transaction } from '../database/transaction-runner.js';
import { RetentionRules } from '../jobs/retention-rules.js';
import { newId } from '../kernel/ids/ids.js';
import { ALERTS_KEPT_DAYS, DriftUpkeep, PAST_KEPT_DAYS } from './drift-upkeep.js';
import { DriftUpkeepRepository } from './drift-upkeep.repository.js';

/** An instant so many days ago, as SQL. */
const ago = (days: number) => `now() - interval '${days} days'`;
const ALERT_PAST = ago(ALERTS_KEPT_DAYS + 1);
const ALERT_YOUNG = ago(ALERTS_KEPT_DAYS - 1);
const PAST = ago(PAST_KEPT_DAYS + 1);
const YOUNG = ago(PAST_KEPT_DAYS - 1);

describe('what is over in the tables of drift', () => {
  let database: TestDatabase;
  let tenantId: string;
  let rules: RetentionRules;

  beforeAll(async () => {
    database = await createTestDatabase();
    rules = new RetentionRules();
    new DriftUpkeep(rules, new DriftUpkeepRepository());
  });
  beforeEach(async () => {
    tenantId = newId();
    await query(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, gen_random_uuid(), 'a tenant', true, false, 300)`,
      [tenantId],
    );
  });
  afterAll(() => database?.close());

  const query = <T>(sql: string, parameters: unknown[] = []) => database.dataSource.query<T>(sql, parameters);
  /** Deletes as the upkeep job does, in batches so small that several are needed. @returns how many */
  async function keep(name: string): Promise<number> {
    const rule = rules.all().find((one) => one.name === name);
    if (rule === undefined) throw new Error(`no rule ${name}`);
    for (let total = 0; ; ) {
      const count = await database.dataSource.transaction((tx: Transaction) => rule.deleteBatch(tx, 2));
      total += count;
      if (count < 2) return total;
    }
  }
  const left = async (table: string) =>
    (await query<{ id: string }[]>(`SELECT id FROM ${table} WHERE tenant_id = $1`, [tenantId]))
      .map(({ id }) => id)
      .sort();
  const kept = (ids: string[]) => [...ids].sort();
  async function change(more: { state?: string; ruleId?: string; since?: string } = {}): Promise<string> {
    const id = newId();
    const state = more.state ?? 'open';
    await query(
      `INSERT INTO drift_changes (id, tenant_id, identity, change_set_id, state, substate, state_before_close, close_reason, closed_report, closed_at,
         ignore_rule_id, baseline_version, first_report, resource_type, resource_key, change_type, direction, severity, rules,
         reference_ids, matched_by, attribution, attribution_attempts, attribution_since, version, sealed_details)
       VALUES ($1::uuid, $2, sha256(uuid_send($1::uuid)), $1::uuid, $3, 'new', $4, CASE WHEN $5::bigint IS NULL THEN NULL ELSE 'reverted' END, $5::bigint, CASE WHEN $5::bigint IS NULL THEN NULL ELSE now() END, $6, 1, 1,
         'group', 'k', 'modified', 'neutral', 'low', '{}', '{}', 'id', 'none', 0, ${more.since ?? 'now()'}, 1, '\\x00')`,
      [id, tenantId, state, state === 'closed' ? 'ignored' : null, state === 'closed' ? 2 : null, more.ruleId ?? null],
    );
    return id;
  }

  it('alerts go when they ended long ago, with the list of their changes; the changes and open alerts stay', async () => {
    const changeId = await change();
    const alert = async (openedAt: string, endedAt: string) => {
      const id = newId();
      await query(
        `INSERT INTO drift_alerts (id, tenant_id, waiting_controls, opened_at, ended_at) VALUES ($1, $2, '{}', ${openedAt}, ${endedAt})`,
        [id, tenantId],
      );
      await query('INSERT INTO drift_alert_changes (alert_id, change_id) VALUES ($1, $2)', [id, changeId]);
      return id;
    };
    for (let n = 0; n < 5; n++) await alert(ALERT_PAST, ALERT_PAST);
    const stay = [await alert(ALERT_PAST, 'NULL'), await alert(ALERT_PAST, ALERT_YOUNG)];
    expect(await keep('drift.alerts')).toBe(5);
    expect(await left('drift_alerts')).toEqual(kept(stay));
    expect(await left('drift_changes')).toEqual([changeId]);
  });

  it('proposals go when they were answered or ran out long ago; what waits stays however old it is', async () => {
    const propose = async (status: string, expiresAt: string, decidedAt: string) => {
      const id = newId();
      await query(
        `INSERT INTO drift_proposals (id, tenant_id, kind, content, reason, status, proposed_by_id, proposed_by_name, proposed_at, expires_at, decided_at)
         VALUES ($1, $2, 'decision', '{}', 'r', $3, 'u', 'U', ${PAST}, ${expiresAt}, ${decidedAt})`,
        [id, tenantId, status],
      );
      return id;
    };
    await propose('pending', PAST, 'NULL');
    await propose('approved', PAST, PAST);
    await propose('declined', 'now()', PAST);
    const stay = [
      await propose('pending', `now() + interval '1 day'`, 'NULL'),
      await propose('pending', YOUNG, 'NULL'),
      await propose('withdrawn', PAST, YOUNG),
    ];
    expect(await keep('drift.proposals')).toBe(3);
    expect(await left('drift_proposals')).toEqual(kept(stay));
  });

  it('rules go when they ended long ago, but not one by which a change is still ignored', async () => {
    const rule = async (until: string, withdrawnAt: string) => {
      const id = newId();
      await query(
        `INSERT INTO drift_ignore_rules (id, tenant_id, resource_type, resource_key, reason, until, created_by_id, created_by_name, withdrawn_at)
         VALUES ($1, $2, 'group', 'k', 'r', ${until}, 'u', 'U', ${withdrawnAt})`,
        [id, tenantId],
      );
      return id;
    };
    const future = `now() + interval '1 day'`;
    await rule(PAST, 'NULL');
    await rule(future, PAST);
    await change({ state: 'closed', ruleId: await rule(PAST, 'NULL') });
    const inUse = await rule(PAST, 'NULL');
    await change({ state: 'ignored', ruleId: inUse });
    const stay = [inUse, await rule(YOUNG, 'NULL'), await rule(future, 'NULL'), await rule(future, YOUNG)];
    expect(await keep('drift.ignore-rules')).toBe(3);
    expect(await left('drift_ignore_rules')).toEqual(kept(stay));
  });

  it('change windows go when they are long past, but not while a change is live that may have been made in them', async () => {
    const once = async (endsAt: string, removedAt = 'NULL') => {
      const id = newId();
      await query(
        `INSERT INTO drift_change_windows (id, tenant_id, name, zone, days, starts_at, ends_at, exclusive, reason, set_by_id, set_by_name, removed_at)
         VALUES ($1, $2, 'w', 'UTC', '{}', ${endsAt} - interval '1 hour', ${endsAt}, false, 'r', 'u', 'U', ${removedAt})`,
        [id, tenantId],
      );
      return id;
    };
    const weekly = async (removedAt: string) => {
      const id = newId();
      await query(
        `INSERT INTO drift_change_windows (id, tenant_id, name, zone, days, start_minute, duration_minutes, exclusive, reason, set_by_id, set_by_name, removed_at)
         VALUES ($1, $2, 'w', 'UTC', '{1}', 0, 60, false, 'r', 'u', 'U', ${removedAt})`,
        [id, tenantId],
      );
      return id;
    };
    await once(PAST);
    await once('now()', PAST);
    await weekly(PAST);
    const stay = [await once(YOUNG), await weekly(YOUNG), await weekly('NULL')];
    await change({ since: YOUNG });
    await change({ state: 'closed', since: ago(PAST_KEPT_DAYS + 9) });
    const long = await once(ago(PAST_KEPT_DAYS + 30));
    expect(await keep('drift.change-windows')).toBe(4);
    expect(await left('drift_change_windows')).toEqual(kept(stay));
    expect(await left('drift_change_windows')).not.toContain(long);

    const inUse = await once(PAST);
    await change({ state: 'accepted', since: ago(PAST_KEPT_DAYS + 5) });
    expect(await keep('drift.change-windows')).toBe(0);
    expect(await left('drift_change_windows')).toEqual(kept([...stay, inUse]));
  });
});
