import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../../crypto/canonical-json.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { storableText } from '../../kernel/text/storable-text.js';
import { NOBODY } from '../attribution/attribution.types.js';
import type { AttributedChange, Attributions } from '../attribution/change-attributor.js';
import { attemptsAfter, nextAttributionAt } from '../attribution/retry-schedule.js';
import type { ChangeWindow } from '../windows/change-window.types.js';
import { modifySeverity } from '../windows/modify-severity.js';
import { circumstancesOf } from './change-circumstances.js';
import { meaningOf } from './change-meaning.js';
import { changeSetIdOf } from './change-set-id.js';
import { ChangesRepository, emptySummary } from './changes.repository.js';
import type { CloseReason } from './drift-change.entity.js';
import type { ClassifiedChange, Severity } from './drift-report.types.js';
import type { NewChange, ReadableChange } from './readable-change.js';
import { identityOf, type ReconcileInput, type Reconciliation, reconcileChanges } from './reconcile-changes.js';

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

export interface BookedChanges {
  opened: NewChange[];
  /** Changes whose decision ran out: they are open again. */
  reopened: ReadableChange[];
  closed: { change: ReadableChange; reason: CloseReason }[];
  /** Open changes by severity, after this scan. */
  summary: Record<Severity, number>;
}

/** Keeps the changes of every tenant from the scan that found them to the one that no longer did. */
@Injectable()
export class ChangeBook {
  constructor(private readonly changes: ChangesRepository) {}

  async book(tx: Transaction, findings: ScanFindings): Promise<BookedChanges> {
    const live = await this.changes.findLiveForUpdate(tx, findings.tenantId);
    const liveById = new Map(live.map((change) => [change.id, change]));
    const identities = new Set(live.map(({ identity }) => identity.toString('hex')));
    const fresh = findings.changes.map(identityOf).filter((identity) => !identities.has(identity));
    const closedBefore = await this.changes.closedIdentities(tx, findings.tenantId, fresh);
    const known = new Map(live.map((change) => [change.identity.toString('hex'), change]));
    const current = findings.changes.map((change) => {
      const identity = identityOf(change);
      const late = findings.attributions.get(identity);
      return modifySeverity(change, circumstancesOf(known.get(identity), late, findings.now), findings.windows);
    });
    const reconciliation = reconcileChanges({ ...findings, current, live, closedBefore });

    const opened = reconciliation.opened.map((one) => this.newChange(findings, one));
    await this.changes.insert(tx, opened);
    const reopened = await this.updateLive(tx, findings.baselineVersion, reconciliation, liveById);
    await this.attributeLate(tx, findings, live);
    const closed = await this.closeGone(tx, findings.sequence, reconciliation, liveById);
    return { opened, reopened, closed, summary: summaryOf(opened, live, reconciliation) };
  }

  private async updateLive(
    tx: Transaction,
    baselineVersion: number | null,
    { aged, updated }: Reconciliation,
    liveById: Map<string, ReadableChange>,
  ): Promise<ReadableChange[]> {
    await this.changes.age(
      tx,
      aged.map(({ id }) => id),
    );
    const revised: { change: ReadableChange; reopened: boolean }[] = [];
    for (const { live, change: finding, meaning, reopened } of updated) {
      const change = liveById.get(live.id);
      if (change === undefined) continue;
      const { displayName, direction, severity, rules, references, title } = meaning;
      Object.assign(change, { substate: 'ongoing', displayName, direction, severity, rules, references, title });
      if (finding !== null) change.beforeJson = canonicalJson(finding.before);
      if (finding !== null && baselineVersion !== null) change.baselineVersion = baselineVersion;
      if (reopened) Object.assign(change, UNDECIDED);
      revised.push({ change, reopened });
    }
    await this.changes.revise(tx, revised);
    return revised.filter(({ reopened }) => reopened).map(({ change }) => change);
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

  private async closeGone(
    tx: Transaction,
    sequence: number,
    { closed }: Reconciliation,
    liveById: Map<string, ReadableChange>,
  ): Promise<BookedChanges['closed']> {
    for (const reason of ['reverted', 'superseded', 'baseline', 'unreferenced'] as const) {
      const ids = closed.filter((one) => one.reason === reason).map(({ live }) => live.id);
      await this.changes.close(tx, ids, reason, sequence);
    }
    return closed.flatMap(({ live, reason }) => {
      const change = liveById.get(live.id);
      return change === undefined ? [] : [{ change, reason }];
    });
  }

  private newChange(
    findings: ScanFindings,
    { identity, change, substate }: Reconciliation['opened'][number],
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
      state: 'open',
      substate,
      stateBeforeClose: null,
      closeReason: null,
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
      decidedById: null,
      decidedByName: null,
      decidedAt: null,
      decisionReason: null,
      decisionUntil: null,
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
} as const;

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

function summaryOf(opened: NewChange[], live: ReadableChange[], { closed }: Reconciliation): Record<Severity, number> {
  const gone = new Set(closed.map(({ live: { id } }) => id));
  const summary = emptySummary();
  for (const { severity } of opened) summary[severity] += 1;
  for (const { id, state, severity } of live) if (state === 'open' && !gone.has(id)) summary[severity] += 1;
  return summary;
}
