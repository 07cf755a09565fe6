import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { newId } from '../../kernel/ids/ids.js';
import { AnalyticsRepository } from './analytics.repository.js';

interface Times {
  opened: string;
  decided?: string;
  closed?: string;
  ruleId?: string;
}

const ago = (hours: number) => `now() - interval '${hours} hours'`;
const DAY = 24;

describe('figures over the history of changes', () => {
  let database: TestDatabase;
  const tenants = [newId(), newId(), newId()];
  const analytics = new AnalyticsRepository();

  beforeAll(async () => {
    database = await createTestDatabase();
    for (const id of tenants) {
      await query(
        `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
         VALUES ($1, gen_random_uuid(), 'a tenant', true, false, 300)`,
        [id],
      );
    }
  });
  beforeEach(() => query('DELETE FROM drift_changes'));
  afterAll(() => database?.close());

  const query = <T>(sql: string, parameters: unknown[] = []) => database.dataSource.query<T>(sql, parameters);
  const tx = () => database.dataSource.manager;
  async function change(tenant: number, { opened, decided, closed, ruleId }: Times): Promise<void> {
    const state = closed !== undefined ? 'closed' : decided === undefined ? 'open' : 'ignored';
    const isClosed = closed !== undefined;
    await query(
      `INSERT INTO drift_changes (id, tenant_id, identity, change_set_id, state, substate, state_before_close, close_reason, closed_report,
         closed_at, decided_by_id, decided_by_name, decided_at, decision_reason, ignore_rule_id, baseline_version, first_report,
         resource_type, resource_key, change_type, direction, severity, rules, reference_ids, matched_by, attribution,
         attribution_attempts, attribution_since, version, sealed_details, created_at)
       VALUES ($1::uuid, $2, sha256(uuid_send($1::uuid)), $1::uuid, $3, 'new', ${isClosed ? "'open', 'reverted', 2" : 'NULL, NULL, NULL'},
         ${closed ?? 'NULL'}, ${decided === undefined ? 'NULL, NULL, NULL, NULL' : `'u', 'U', ${decided}, 'r'`}, $4, 1, 1,
         'group', 'k', 'modified', 'neutral', 'high', '{}', '{}', 'id', 'none', 0, now(), 1, '\\x00', ${opened})`,
      [newId(), tenants[tenant], state, ruleId ?? null],
    );
  }

  it('count what lived when the window began, whether it still does or not', async () => {
    await change(0, { opened: ago(50 * DAY) });
    await change(0, { opened: ago(50 * DAY), closed: ago(DAY) });
    await change(1, { opened: ago(50 * DAY), decided: ago(DAY) });
    await change(0, { opened: ago(50 * DAY), closed: ago(40 * DAY) });
    await change(0, { opened: ago(DAY) });
    await change(2, { opened: ago(50 * DAY) });
    const { from } = await analytics.window(tx(), 30);
    expect(await analytics.liveAt(tx(), tenants.slice(0, 2), from)).toEqual([{ severity: 'high', count: 3 }]);
    expect(await analytics.liveAt(tx(), [], from)).toEqual([]);
  });

  it('take no time that nobody took: of a rule, or of a decision that was there before the change', async () => {
    await change(0, { opened: ago(10), decided: ago(8) });
    await change(0, { opened: ago(10), decided: ago(6) });
    await change(0, { opened: ago(10), decided: ago(100) });
    await change(0, { opened: ago(10), decided: ago(10), ruleId: newId() });
    await change(0, { opened: ago(10) });
    const window = await analytics.window(tx(), 30);
    const [times, ...others] = await analytics.timesToDecision(tx(), tenants, window);
    expect(others).toEqual([]);
    expect(times).toMatchObject({ severity: 'high', count: 2 });
    expect(Math.round((times?.meanSeconds ?? 0) / 60)).toBe(180);
  });

  it('of all tenants read in their windows only, whatever lies before them', async () => {
    const window = await analytics.window(tx(), 30);
    for (const tenant of [0, 1, 2]) {
      await query(
        `INSERT INTO drift_changes (id, tenant_id, identity, change_set_id, state, substate, state_before_close, close_reason, closed_report,
           closed_at, baseline_version, first_report, resource_type, resource_key, change_type, direction, severity, rules, reference_ids,
           matched_by, attribution, attribution_attempts, attribution_since, version, sealed_details, created_at)
         SELECT gen_random_uuid(), $1, sha256(uuid_send(gen_random_uuid())), gen_random_uuid(), 'closed', 'new', 'open', 'reverted', 2,
           now() - interval '300 days', 1, 1, 'group', 'k', 'modified', 'neutral', 'high', '{}', '{}', 'id', 'none', 0, now(), 1, '\\x00',
           now() - interval '301 days' FROM generate_series(1, 5000)`,
        [tenants[tenant]],
      );
    }
    await query('ANALYZE drift_changes');
    for (const read of [
      () => analytics.liveAt(tx(), tenants, window.from),
      () => analytics.opened(tx(), tenants, window),
      () => analytics.closed(tx(), tenants, window),
      () => analytics.timesToDecision(tx(), tenants, window),
      () => analytics.timesToRevert(tx(), tenants, window),
      () => analytics.noisiestTypes(tx(), tenants, window, 20),
    ]) {
      const { text, parameters } = await spoken(read);
      const plan = await query<Record<string, string>[]>(`EXPLAIN ${text}`, parameters);
      expect(plan.map((row) => row['QUERY PLAN']).join('\n')).not.toContain('Seq Scan');
    }
  });

  /** The statement that a call makes. */
  async function spoken(read: () => Promise<unknown>): Promise<{ text: string; parameters: unknown[] }> {
    const spy = jest.spyOn(database.dataSource.manager, 'query');
    await read();
    const [text, parameters] = spy.mock.calls[0] ?? [];
    spy.mockRestore();
    return { text: String(text), parameters: (parameters ?? []) as unknown[] };
  }
});
