import { type TestingModule } from '@nestjs/testing';
import { addTenant, startDriftRoom } from '../../../test/support/drift-room.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { ChangeDecisions } from '../decisions/change-decisions.service.js';
import { isUnsettled } from '../decisions/change-states.js';
import type { DecisionKind } from '../decisions/decision.types.js';
import { IgnoreRules } from '../decisions/ignore-rules.service.js';
import { type BookedChanges, ChangeBook } from './change-book.js';
import { ChangesRepository } from './changes.repository.js';
import type { ClassifiedChange } from './drift-report.types.js';
import type { ReadableChange } from './readable-change.js';

const ADA = systemActor('ada');
const PLACES = ['/state', '/displayName'];
const VALUES = ['as approved', 'one', 'two'];
const DAY_MS = 86_400_000;

/** The same numbers at every run (Park and Miller). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

describe('changes from scan to scan, whatever people decide between', () => {
  let database: TestDatabase;
  let room: TestingModule;

  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 5 });
    room = await startDriftRoom(database);
  });
  afterAll(() => database?.close());

  /** A tenant with two places, and what its people and its scans have said of them. */
  class Story {
    private readonly values = new Map(PLACES.map((place) => [place, 'as approved']));
    /** The value that was last accepted of a place, until something else is decided or the place is as approved. */
    private readonly accepted = new Map<string, string>();
    private readonly closed = new Map<string, string>();
    private sequence = 0;
    private days = 0;
    rows = 0;
    reopened = 0;
    restored = 0;

    constructor(
      private readonly tenantId: string,
      private readonly pick: (below: number) => number,
    ) {}

    /** After whatever people decide by the database's clock. */
    private now(): Date {
      return new Date(Date.now() + 1000 + this.days * DAY_MS);
    }

    async step(): Promise<void> {
      const what = this.pick(10);
      if (what < 4) this.values.set(PLACES[this.pick(2)] ?? '', VALUES[this.pick(3)] ?? '');
      else if (what < 7) await this.decide();
      else if (what === 7) this.days += this.pick(2);
      else if (what === 8) await this.rule();
      await this.scan(this.pick(6) === 0);
    }

    private async decide(): Promise<void> {
      const live = await this.live();
      const change = live[this.pick(Math.max(live.length, 1))];
      if (change === undefined) return;
      const kind = (['accept', 'ignore', 'deny', 'reopen'] satisfies DecisionKind[])[this.pick(4)] ?? 'accept';
      const until = kind === 'accept' && this.pick(2) === 0 ? null : new Date(this.now().getTime() + DAY_MS / 2);
      const decision = { kind, reason: kind, until: kind === 'accept' || kind === 'ignore' ? until : null };
      const decided = await room
        .get(ChangeDecisions)
        .decide(ADA, change.id, change.version, decision)
        .catch((error: { code?: string }) => error.code ?? String(error));
      if (typeof decided === 'string') {
        const isRuled = change.state === 'ignored' && change.ignoreRuleId !== null;
        expect(decided).toBe(isRuled ? 'drift.ignored_by_rule' : 'drift.change_undecided');
        return;
      }
      if (kind === 'accept' && until === null) this.accepted.set(change.path, String(JSON.parse(change.afterJson)));
      else this.accepted.delete(change.path);
    }

    private async rule(): Promise<void> {
      const rules = room.get(IgnoreRules);
      const { items } = await rules.list([this.tenantId], 100);
      const standing = items.find(({ withdrawnAt }) => withdrawnAt === null);
      if (standing !== undefined) await rules.withdraw(ADA, standing.id, standing.version, 'over');
      else {
        const rule = { tenantId: this.tenantId, resourceType: 'conditionalAccessPolicy', resourceKey: null } as const;
        const until = new Date(this.now().getTime() + DAY_MS);
        await rules.create(ADA, { ...rule, pathPattern: '/displayName', reason: 'noise', until });
      }
    }

    private async scan(isBlind: boolean): Promise<void> {
      const before = new Map((await this.live()).map((change) => [change.id, change]));
      this.sequence += 1;
      const booked = await room.get(TransactionRunner).run((tx) =>
        room.get(ChangeBook).book(tx, {
          tenantId: this.tenantId,
          sequence: this.sequence,
          baselineVersion: 1,
          windows: [],
          changes: isBlind ? [] : this.findings(),
          attributions: new Map(),
          assess: () => (isBlind ? 'not-assessed' : 'assessed'),
          severitiesUncertain: false,
          now: this.now(),
        }),
      );
      await this.check(before, booked, isBlind);
    }

    private async check(before: Map<string, ReadableChange>, booked: BookedChanges, isBlind: boolean): Promise<void> {
      const live = await this.live();
      const byId = new Map(live.map((change) => [change.id, change]));
      if (!isBlind) {
        const found = this.findings().map(({ path, after }) => `${path} ${String(after)}`);
        // Nothing is lost, and nothing is there twice.
        expect(live.map(({ path, afterJson }) => `${path} ${String(JSON.parse(afterJson))}`).sort()).toEqual(
          found.sort(),
        );
        for (const place of PLACES) if (this.values.get(place) === 'as approved') this.accepted.delete(place);
      }
      for (const change of [...booked.opened, ...booked.reopened, ...booked.standing].filter(
        ({ state }) => state !== 'ignored' && state !== 'accepted',
      )) {
        // A closed change never alerts, nor one that is settled.
        expect(isUnsettled(byId.get(change.id)?.state ?? 'closed')).toBe(true);
      }
      for (const { path, afterJson, state } of live) {
        // An accepted value that equals is never open.
        if (this.accepted.get(path) === JSON.parse(afterJson)) expect([path, state]).toEqual([path, 'accepted']);
      }
      for (const change of live) {
        const was = before.get(change.id);
        // Every change that was decided and is open again says why, and what had been decided.
        if (was !== undefined && was.state !== 'open' && change.state === 'open') {
          expect(['decision-ended', 'rule-ended']).toContain(change.reopenReason);
          this.reopened += 1;
        }
        if (was === undefined && change.substate === 'regressed' && change.state === 'open')
          expect(['came-back', 'value-changed']).toContain(change.reopenReason);
        if (change.reopenReason === 'value-changed') expect(change.previousDecision).not.toBeNull();
        if (was !== undefined && was.state === change.state && was.ignoreRuleId === change.ignoreRuleId)
          expect(change.version).toBe(was.version);
      }
      this.restored += booked.closed.filter(({ reason }) => reason === 'restored').length;
      const unsettled = live.filter(({ state }) => isUnsettled(state)).length;
      expect(Object.values(booked.summary).reduce((sum, n) => sum + n, 0)).toBe(unsettled);
      await this.checkHistory();
    }

    /** What is closed stays as it was, and no row goes. */
    private async checkHistory(): Promise<void> {
      const rows = await database.dataSource.query<{ id: string; state: string; row: string }[]>(
        'SELECT id, state, c::text AS row FROM drift_changes c WHERE tenant_id = $1',
        [this.tenantId],
      );
      expect(rows.length).toBeGreaterThanOrEqual(this.rows);
      this.rows = rows.length;
      const closed = new Map(rows.filter(({ state }) => state === 'closed').map(({ id, row }) => [id, row]));
      for (const [id, row] of this.closed) expect(closed.get(id)).toBe(row);
      for (const [id, row] of closed) this.closed.set(id, row);
    }

    private live(): Promise<ReadableChange[]> {
      return room.get(TransactionRunner).read((tx) => room.get(ChangesRepository).findOpened(tx, this.tenantId));
    }

    private findings(): ClassifiedChange[] {
      return PLACES.filter((path) => this.values.get(path) !== 'as approved').map((path) => ({
        resourceType: 'conditionalAccessPolicy',
        resourceKey: 'policy-1',
        displayName: 'MFA',
        changeType: 'modified',
        path,
        before: 'as approved',
        after: this.values.get(path) ?? null,
        direction: 'loosening',
        severity: 'high',
        rules: [],
        references: [],
        title: 'It is another',
        matchedBy: 'id',
      }));
    }
  }

  it('keep their promises in any order of events', async () => {
    const seen = { rows: 0, reopened: 0, restored: 0 };
    for (let seed = 1; seed <= 8; seed += 1) {
      const { id } = await addTenant(room, 'Watched');
      const story = new Story(id, numbers(seed * 7919));
      for (let step = 0; step < 50; step += 1) await story.step();
      for (const name of ['rows', 'reopened', 'restored'] as const) seen[name] += story[name];
    }
    // The stories are about something.
    expect(seen.rows).toBeGreaterThan(60);
    expect(seen.reopened).toBeGreaterThan(10);
    expect(seen.restored).toBeGreaterThan(0);
  }, 240_000);
});
