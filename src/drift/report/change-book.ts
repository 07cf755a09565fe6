import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../../crypto/canonical-json.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { storableText } from '../../kernel/text/storable-text.js';
import { NOBODY } from '../attribution/attribution.types.js';
import type { AttributedChange, Attributions } from '../attribution/change-attributor.js';
import { attemptsAfter, nextAttributionAt } from '../attribution/retry-schedule.js';
import { BaselineRepository } from '../baseline/baseline.repository.js';
import { isUnsettled } from '../decisions/change-states.js';
import type { PastDecision } from '../decisions/decision.types.js';
import type { ActiveIgnoreRule } from '../decisions/ignore-rule.types.js';
import { IgnoreRulesRepository } from '../decisions/ignore-rules.repository.js';
import { lastDecision } from '../decisions/past-decision.js';
import type { ChangeWindow } from '../windows/change-window.types.js';
import { modifySeverity } from '../windows/modify-severity.js';
import { circumstancesOf } from './change-circumstances.js';
import { isSameMeaning, meaningOf } from './change-meaning.js';
import { changeSetIdOf } from './change-set-id.js';
import { ChangesRepository, emptySummary } from './changes.repository.js';
import type { CloseReason } from './drift-change.entity.js';
import type { ClassifiedChange, Severity } from './drift-report.types.js';
import type { NewChange, ReadableChange } from './readable-change.js';
import {
  identityOf,
  type Opening,
  type ReconcileInput,
  type Reconciliation,
  reconcileChanges,
} from './reconcile-changes.js';

/** What a scan means for the changes of its tenant. */
export interface ScanFindings {
  tenantId: string;
  /** Sequence of the report that is being written. */
  sequence: number;
  baselineVersion: number | null;
  changes: ClassifiedChange[];
  attributions: Attributions;
  assess: ReconcileInput['assess'];
  severitiesUncertain: boolean;
  /** Windows of the tenant in which changes are expected. */
  windows: readonly ChangeWindow[];
  now: Date;
}

export interface RaisedChange {
  change: ReadableChange;
  /** What people were told that it was. */
  from: Severity;
}

export interface BookedChanges {
  /** The state of each says whether people are told of it. */
  opened: NewChange[];
  /** Changes whose decision ran out: they are open again. */
  reopened: ReadableChange[];
  /** Open and denied changes that are high or critical now and were told of as less: people are told again. */
  raised: RaisedChange[];
  /** Denied changes that stand and of which people are told again. */
  standing: ReadableChange[];
  closed: { change: ReadableChange; reason: CloseReason }[];
  /** Changes that somebody has to see to by severity, after this scan: open and denied ones. */
  summary: Record<Severity, number>;
  /** Ignored changes by severity, after this scan. */
  ignored: Record<Severity, number>;
}

/** Keeps the changes of every tenant from the scan that found them to the one that no longer did. */
@Injectable()
export class ChangeBook {
  constructor(
    private readonly changes: ChangesRepository,
    private readonly ignoreRules: IgnoreRulesRepository,
    private readonly baselines: BaselineRepository,
  ) {}

  async book(tx: Transaction, findings: ScanFindings): Promise<BookedChanges> {
    const live = await this.changes.findLiveForUpdate(tx, findings.tenantId);
    const liveById = new Map(live.map((change) => [change.id, change]));
    const identities = new Set(live.map(({ identity }) => identity.toString('hex')));
    const fresh = findings.changes.map(identityOf).filter((identity) => !identities.has(identity));
    const past = await this.changes.closedBefore(tx, findings.tenantId, fresh);
    const known = new Map(live.map((change) => [change.identity.toString('hex'), change]));
    const current = findings.changes.map((change) => {
      const identity = identityOf(change);
      const late = findings.attributions.get(identity);
      return modifySeverity(change, circumstancesOf(known.get(identity), late, findings.now), findings.windows);
    });
    const reconciliation = reconcileChanges({
      ...findings,
      current,
      live,
      closedBefore: past,
      contains: await this.containedSince(tx, findings, live),
      ignoreRules: await this.ignoreRules.findActive(tx, findings.tenantId, findings.now),
    });

    const opened = reconciliation.opened.map((one) => this.newChange(findings, one));
    await this.changes.insert(tx, opened);
    const { reopened, raised } = await this.updateLive(tx, findings, reconciliation, liveById);
    await this.attributeLate(tx, findings, live);
    const standing = await this.remind(tx, findings.now, reconciliation, liveById);
    const closed = await this.closeGone(tx, findings, reconciliation, liveById);
    const gone = new Set(closed.map(({ change: { id } }) => id));
    const kept = [...opened, ...live.filter(({ id }) => !gone.has(id))];
    return {
      opened,
      reopened,
      raised,
      standing,
      closed,
      summary: countBySeverity(kept.filter(({ state }) => isUnsettled(state))),
      ignored: countBySeverity(kept.filter(({ state }) => state === 'ignored')),
    };
  }

  /** Which live changes the baselines contain that were approved since they were found. */
  private async containedSince(
    tx: Transaction,
    { tenantId, baselineVersion }: ScanFindings,
    live: ReadableChange[],
  ): Promise<ReconcileInput['contains']> {
    const oldest = live.reduce((least, change) => Math.min(least, change.baselineVersion), Number.POSITIVE_INFINITY);
    if (baselineVersion === null || live.length === 0 || oldest >= baselineVersion) return () => false;
    const versions = await this.baselines.findBetween(tx, tenantId, oldest, baselineVersion);
    return (change) =>
      versions.some(
        ({ version, changeIds }) =>
          version > change.baselineVersion && (changeIds.length === 0 || changeIds.includes(change.id)),
      );
  }

  private async updateLive(
    tx: Transaction,
    { baselineVersion, now }: ScanFindings,
    { aged, updated }: Reconciliation,
    liveById: Map<string, ReadableChange>,
  ): Promise<Pick<BookedChanges, 'reopened' | 'raised'>> {
    await this.changes.age(
      tx,
      aged.map(({ id }) => id),
    );
    const revised: { change: ReadableChange; reopened: boolean; raisedFrom: Severity | null; isNew: boolean }[] = [];
    for (const { live, change: finding, meaning, state, rule, reopened, reopenReason, raisedFrom } of updated) {
      const change = liveById.get(live.id);
      if (change === undefined) continue;
      const { displayName, direction, severity, rules, references, title } = meaning;
      const beforeJson = finding === null ? change.beforeJson : canonicalJson(finding.before);
      const isNew =
        state !== change.state || rule !== null || beforeJson !== change.beforeJson || !isSameMeaning(live, meaning);
      Object.assign(change, { substate: 'ongoing', displayName, direction, severity, rules, references, title });
      change.beforeJson = beforeJson;
      if (finding !== null && baselineVersion !== null) change.baselineVersion = baselineVersion;
      if (state !== change.state || rule !== null) {
        const previous = change.ignoreRuleId === null ? lastDecision(change) : null;
        if (previous !== null) change.previousDecision = JSON.stringify(previous);
        Object.assign(change, rule === null ? UNDECIDED : decisionOfRule(rule, now), { state, reopenReason });
      }
      if (reopened || raisedFrom !== null) change.toldSeverity = severity;
      revised.push({ change, reopened, raisedFrom, isNew });
    }
    await this.changes.revise(tx, revised);
    return {
      reopened: revised.filter(({ reopened }) => reopened).map(({ change }) => change),
      raised: revised.flatMap(({ change, raisedFrom: from }) => (from === null ? [] : [{ change, from }])),
    };
  }

  /** Events that came after the report that needed them. */
  private async attributeLate(
    tx: Transaction,
    { attributions, now }: ScanFindings,
    live: ReadableChange[],
  ): Promise<void> {
    const answers: { change: ReadableChange; isNew: boolean }[] = [];
    for (const change of live) {
      const late = attributions.get(change.identity.toString('hex'));
      if (late === undefined) continue;
      // Somebody found earlier isn't dropped because the log has nothing now.
      const found = late.verdict.attribution === 'none' ? {} : attributionColumns(late);
      const before = attributionText(change);
      const foundAt = change.createdAt ?? now;
      const attempts = attemptsAfter(change.attributionAttempts, late.answered, foundAt, now);
      Object.assign(change, found, { attributionAttempts: attempts });
      change.attributionRetryAt = nextAttributionAt(change.attribution, attempts, foundAt);
      answers.push({ change, isNew: attributionText(change) !== before });
    }
    await this.changes.attribute(tx, answers);
  }

  private async remind(
    tx: Transaction,
    now: Date,
    { standing }: Reconciliation,
    liveById: Map<string, ReadableChange>,
  ): Promise<ReadableChange[]> {
    const ids = standing.map(({ id }) => id);
    await this.changes.noteReminders(tx, ids, now);
    return ids.flatMap((id) => liveById.get(id) ?? []);
  }

  private async closeGone(
    tx: Transaction,
    { sequence, baselineVersion }: ScanFindings,
    { closed }: Reconciliation,
    liveById: Map<string, ReadableChange>,
  ): Promise<BookedChanges['closed']> {
    for (const reason of ['reverted', 'restored', 'superseded', 'baseline', 'unreferenced'] as const) {
      const ids = closed.filter((one) => one.reason === reason).map(({ live }) => live.id);
      await this.changes.close(tx, ids, reason, sequence, reason === 'baseline' ? baselineVersion : null);
    }
    return closed.flatMap(({ live, reason }) => {
      const change = liveById.get(live.id);
      return change === undefined ? [] : [{ change, reason }];
    });
  }

  private newChange(
    findings: ScanFindings,
    { identity, change, substate, state, rule, reopenReason, decision }: Opening,
  ): NewChange {
    const { tenantId, sequence, attributions, now } = findings;
    const attributed = attributions.get(identity) ?? { verdict: NOBODY, since: now, answered: 'not' as const };
    const { correlationId } = attributed.verdict;
    const { resourceType, resourceKey } = change;
    return {
      id: newId(),
      tenantId,
      identity: Buffer.from(identity, 'hex'),
      changeSetId: changeSetIdOf(
        tenantId,
        correlationId === null ? { report: sequence, resourceType, resourceKey } : { correlationId },
      ),
      substate,
      stateBeforeClose: null,
      closeReason: null,
      closedByBaseline: null,
      closedByRemediation: null,
      reopenReason,
      // A decision that holds again isn't a past one.
      previousDecision: decision === null || state === 'accepted' ? null : JSON.stringify(decision),
      remindedAt: null,
      toldSeverity: change.severity,
      baselineVersion: findings.baselineVersion ?? 0,
      firstReport: sequence,
      closedReport: null,
      resourceType,
      resourceKey,
      changeType: change.changeType,
      path: storableText(change.path),
      beforeJson: canonicalJson(change.before),
      afterJson: canonicalJson(change.after),
      matchedBy: change.matchedBy,
      ...meaningOf(change),
      ...attributionColumns(attributed),
      attributionAttempts: 0,
      attributionSince: attributed.since,
      attributionRetryAt: nextAttributionAt(attributed.verdict.attribution, 0, now),
      ...UNDECIDED,
      ...(rule === null ? {} : decisionOfRule(rule, now)),
      ...(state === 'accepted' && decision !== null ? decisionColumns(decision) : {}),
      state,
      version: 1,
      closedAt: null,
    };
  }
}

/** A change as if nothing had been decided about it. */
const UNDECIDED = {
  state: 'open',
  decidedById: null,
  decidedByName: null,
  decidedAt: null,
  decisionReason: null,
  decisionUntil: null,
  decidedSeverity: null,
  decidedByTwo: false,
  ignoreRuleId: null,
} as const;

/** What a rule says of what it ignores. */
function decisionOfRule(rule: ActiveIgnoreRule, now: Date) {
  return {
    decidedById: rule.createdById,
    decidedByName: rule.createdByName,
    decidedAt: now,
    decisionReason: rule.reason,
    decisionUntil: rule.until,
    decidedSeverity: null,
    decidedByTwo: false,
    ignoreRuleId: rule.id,
  };
}

function decisionColumns({ by, byName, at, reason, until, severity = null, byTwo = false }: PastDecision) {
  return {
    decidedById: by,
    decidedByName: byName,
    decidedAt: new Date(at),
    decisionReason: reason,
    decisionUntil: until === null ? null : new Date(until),
    decidedSeverity: severity,
    decidedByTwo: byTwo,
  };
}

/** Everything that people read of who made a change. */
function attributionText(change: ReadableChange): string {
  const { attribution, actorType, actorId, actorName, attributionEvidence } = change;
  return JSON.stringify([attribution, actorType, actorId, actorName, attributionEvidence]);
}

function attributionColumns({ verdict }: AttributedChange) {
  const { attribution, actor, evidence } = verdict;
  return {
    attribution,
    actorType: actor?.type ?? null,
    actorId: actor === null ? null : storableText(actor.id),
    actorName: actor?.displayName == null ? null : storableText(actor.displayName),
    attributionEvidence: evidence.length === 0 ? null : JSON.stringify(evidence),
  };
}

function countBySeverity(changes: Pick<ReadableChange, 'severity'>[]): Record<Severity, number> {
  const counts = emptySummary();
  for (const { severity } of changes) counts[severity] += 1;
  return counts;
}
