import { type TestingModule } from '@nestjs/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { addTenant, startDriftRoom } from '../../../test/support/drift-room.js';
import { openChange } from '../../../test/support/open-change.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { messageSchemas } from '../../notifications/message-schemas.js';
import { webhookBody } from '../../notifications/webhook-body.js';
import { Outbox } from '../../outbox/outbox.service.js';
import type { WatchedTenant } from '../../tenants/tenants.types.js';
import { ChangeDecisions } from '../decisions/change-decisions.service.js';
import { changeSetIdOf } from '../report/change-set-id.js';
import { ChangesRepository } from '../report/changes.repository.js';
import type { CloseReason } from '../report/drift-change.entity.js';
import type { NewChange } from '../report/readable-change.js';
import { ReportsRepository } from '../report/reports.repository.js';
import { DriftAlerts, type ScanNews } from './drift-alerts.service.js';

const ACTOR = systemActor('test');

interface Message {
  id: string;
  type: string;
  data: JsonObject;
}

describe('alerts of changes', () => {
  let database: TestDatabase;
  let room: TestingModule;
  let tenant: WatchedTenant;
  let sequence = 0;
  const seen = new Set<string>();
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const isMessage = ajv.compile(messageSchemas());

  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 8 });
    room = await startDriftRoom(database, { PUBLIC_URL: 'https://blindspotx.example.com/' });
    // The tests write reports and changes as a scan would; what these came from doesn't matter here.
    await database.dataSource.query('ALTER TABLE drift_reports DROP CONSTRAINT fk_drift_reports_snapshot_id');
  });
  beforeEach(async () => {
    tenant = await addTenant(room);
  });
  afterAll(() => database?.close());

  const run = <T>(work: Parameters<TransactionRunner['run']>[0]) => room.get(TransactionRunner).run(work) as Promise<T>;

  function change(act: string | null, more: Partial<NewChange> = {}): NewChange {
    const place = { resourceType: 'group' as const, resourceKey: newId() };
    const by = act === null ? { report: sequence, ...place } : { correlationId: act };
    return openChange(tenant.id, {
      ...place,
      changeSetId: changeSetIdOf(tenant.id, by),
      firstReport: sequence,
      direction: 'loosening',
      severity: 'high',
      toldSeverity: 'high',
      rules: ['G-01'],
      ...more,
    });
  }

  /** What a scan writes of what it found. */
  async function scan(news: {
    opened?: NewChange[];
    standing?: NewChange[];
    closed?: [NewChange, CloseReason][];
    moved?: ScanNews['moved'];
  }) {
    const { opened = [], closed = [], moved = [] } = news;
    const standing = (news.standing ?? []).map((one) => ({ ...one, createdAt: new Date() }));
    sequence += 1;
    const report = { id: newId(), sequence, baselineVersion: 1 };
    await run(async (tx) => {
      await room.get(ChangesRepository).insert(tx, opened);
      for (const [one, reason] of closed) await room.get(ChangesRepository).close(tx, [one.id], reason, sequence, null);
      await room.get(ReportsRepository).insert(tx, {
        ...report,
        tenantId: tenant.id,
        slotId: newId(),
        snapshotId: newId(),
        trigger: 'schedule',
        complete: true,
        incomplete: '[]',
        summary: '{}',
        ignoredSummary: '{}',
        opened: 0,
        closed: 0,
      });
      const gone = closed.map(([one, reason]) => ({ change: { ...one, createdAt: new Date() }, reason }));
      await room
        .get(DriftAlerts)
        .tell(tx, { tenant, report, booked: { opened, reopened: [], raised: [], standing, closed: gone }, moved });
    });
    return newsSince();
  }

  /** Messages since the last call. Each is as promised. */
  async function newsSince(): Promise<Message[]> {
    const rows = await database.dataSource.query<{ id: string }[]>(
      'SELECT id FROM outbox_events WHERE tenant_id = $1 ORDER BY id',
      [tenant.id],
    );
    const fresh = rows.map(({ id }) => id).filter((id) => !seen.has(id));
    for (const id of fresh) seen.add(id);
    return Promise.all(
      fresh.map(async (id) => {
        const event = await room.get(TransactionRunner).read((tx) => room.get(Outbox).get(tx, id));
        if (event === null) throw new Error('gone');
        isMessage(JSON.parse(webhookBody(event)));
        expect(isMessage.errors ?? []).toEqual([]);
        return { id, type: event.type, data: event.data };
      }),
    );
  }
  const decide = (one: NewChange, kind: 'accept' | 'ignore' | 'deny' | 'reopen', version = 1) =>
    room.get(ChangeDecisions).decide(ACTOR, one.id, version, { kind, reason: 'x', until: null });
  const idsIn = ({ data }: Message) => (data['changes'] as { id: string }[]).map(({ id }) => id);

  it('are one message an act, and one when the last of its changes is settled, under the same ids', async () => {
    const [one, two, three] = [change('act'), change('act', { severity: 'low' }), change(null)];
    const [first, second, ...more] = await scan({ opened: [one, two, three] });
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      type: 'drift.changes.detected',
      data: {
        alertId: first?.id,
        changeSetId: one.changeSetId,
        summary: { high: 1, low: 1 },
        resourceTypes: { group: 'high' },
        link: expect.stringMatching(/^https:\/\/blindspotx\.example\.com\/api\/v1\/drift\/reports\//),
      },
    });
    expect(first === undefined ? [] : idsIn(first)).toEqual([one.id, two.id]);
    expect(second).toMatchObject({ data: { alertId: second?.id, changeSetId: null } });

    await decide(one, 'accept');
    expect(await newsSince()).toEqual([]);
    const [resolved, ...others] = await scan({ closed: [[two, 'reverted']] });
    expect(others).toEqual([]);
    expect(resolved).toMatchObject({
      type: 'drift.changes.resolved',
      data: { alertId: first?.id, changeSetId: one.changeSetId, summary: { high: 1, low: 1 }, omitted: 0 },
    });
    expect(resolved?.data['changes']).toMatchObject([
      { id: one.id, closeReason: 'accepted' },
      { id: two.id, closeReason: 'reverted' },
    ]);
    // What was decided and is reverted later is no news any more.
    expect(await scan({ closed: [[one, 'reverted']] })).toEqual([]);
    await decide(three, 'ignore');
    expect(await newsSince()).toMatchObject([{ type: 'drift.changes.resolved', data: { alertId: second?.id } }]);
    await decide(three, 'reopen', 2);
    await decide(three, 'accept', 3);
    expect(await newsSince()).toEqual([]);
  });

  it('are resolved once when the last two changes are decided at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const changes = Array.from({ length: 4 }, () => change('act'));
      await scan({ opened: changes });
      await Promise.all(changes.map((one) => decide(one, 'accept')));
      expect((await newsSince()).map(({ type }) => type)).toEqual(['drift.changes.resolved']);
    }
  });

  it('end without a message when others took the place of all their changes, and those say so', async () => {
    const old = change('act');
    const [told] = await scan({ opened: [old] });
    const taker = change(null, { resourceKey: old.resourceKey, path: '' });
    const messages = await scan({ opened: [taker], closed: [[old, 'superseded']] });
    expect(messages).toMatchObject([{ type: 'drift.changes.detected', data: { supersedes: [told?.id] } }]);
    const unnamed = change(null);
    await scan({ opened: [unnamed] });
    expect(await scan({ closed: [[unnamed, 'unreferenced']] })).toEqual([]);
  });

  it('of a control that fell alone are resolved when it is met again', async () => {
    const fell = { id: 'MS.AAD.3.2', before: 'met', after: 'not-met' } as const;
    const met = { ...fell, before: 'not-met', after: 'met' } as const;
    const [told] = await scan({ moved: [fell] });
    expect(told).toMatchObject({ data: { headline: 'MS.AAD.3.2 met -> not-met', changes: [] } });
    expect(await scan({})).toEqual([]);
    expect(await scan({ moved: [met] })).toMatchObject([
      { type: 'drift.changes.resolved', data: { alertId: told?.id, controls: [{ id: fell.id, after: 'met' }] } },
    ]);
    expect(await scan({ moved: [met] })).toMatchObject([{ data: { alertId: null, controls: [{ id: fell.id }] } }]);
  });

  it('tell of a control that is met again with the alert that it belongs to, where that ends too', async () => {
    const cause = change('act', { references: ['MS.AAD.3.2'] });
    const [told] = await scan({
      opened: [cause, change(null)],
      moved: [{ id: 'MS.AAD.3.2', before: 'met', after: 'not-met' }],
    });
    expect(told).toMatchObject({ data: { changeSetId: cause.changeSetId, controls: [{ id: 'MS.AAD.3.2' }] } });
    const messages = await scan({
      closed: [[cause, 'reverted']],
      moved: [{ id: 'MS.AAD.3.2', before: 'not-met', after: 'met' }],
    });
    expect(messages).toMatchObject([{ data: { alertId: told?.id, controls: [{ id: 'MS.AAD.3.2', after: 'met' }] } }]);
  });

  it('list the gravest of thousands of changes and count them all, also when they are resolved', async () => {
    const many = Array.from({ length: 600 }, (_, n) => change('act', { severity: n === 300 ? 'critical' : 'low' }));
    const [told] = await scan({ opened: many });
    const [resolved] = await scan({ closed: many.map((one) => [one, 'reverted']) });
    for (const message of [told, resolved]) {
      expect(message?.data).toMatchObject({ summary: { critical: 1, low: 599 }, resourceTypes: { group: 'critical' } });
      const listed = message === undefined ? [] : idsIn(message);
      expect(listed[0]).toBe(many[300]?.id);
      expect(message?.data['omitted']).toBe(600 - listed.length);
    }
  });

  it('wait for what was denied, remind of it while it stands, and are resolved when it is gone', async () => {
    const [denied, accepted] = [change('act'), change('act')];
    const [told] = await scan({ opened: [denied, accepted] });
    await decide(denied, 'deny');
    await decide(accepted, 'accept');
    expect(await newsSince()).toEqual([]);
    expect(await scan({ standing: [denied] })).toMatchObject([
      { type: 'drift.changes.standing', data: { alertId: null, changes: [{ id: denied.id }] } },
    ]);
    expect(await scan({ closed: [[denied, 'reverted']] })).toMatchObject([
      { type: 'drift.changes.resolved', data: { alertId: told?.id } },
    ]);
  });
});
