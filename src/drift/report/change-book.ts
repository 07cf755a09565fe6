import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../../crypto/canonical-json.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { storableText } from '../../kernel/text/storable-text.js';
import { NOBODY } from '../attribution/attribution.types.js';
import type { AttributedChange, Attributions } from '../attribution/change-attributor.js';
import { nextAttributionAt } from '../attribution/retry-schedule.js';
import { changeSetIdOf } from './change-set-id.js';
import { ChangesRepository, emptySummary, type NewChange } from './changes.repository.js';
import type { CloseReason, DriftChange } from './drift-change.entity.js';
import type { ClassifiedChange, Severity } from './drift-report.types.js';
import { identityOf, type ReconcileInput, type Reconciliation, reconcileChanges } from './reconcile-changes.js';

/** What a scan means for the changes of its tenant. */
export interface ScanFindings {
  tenantId: string;
  /** Sequence of the report that is being written. */
  sequence: number;
  baselineVersion: number | null;
  changes: ClassifiedChange[];
  attributions: Attributions;
  observed: ReconcileInput['observed'];
  baselineChanged: boolean;
  now: Date;
}

export interface BookedChanges {
  opened: NewChange[];
  /** Changes whose decision ran out: they are open again. */
  reopened: DriftChange[];
  closed: { change: DriftChange; reason: CloseReason }[];
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
    const reconciliation = reconcileChanges({ ...findings, current: findings.changes, live, closedBefore });

    const opened = reconciliation.opened.map((one) => this.newChange(findings, one));
    await this.changes.insert(tx, opened);
    const reopened = await this.updateLive(tx, reconciliation, liveById);
    await this.attributeLate(tx, findings, live);
    const closed = await this.closeGone(tx, findings.sequence, reconciliation, liveById);
    return { opened, reopened, closed, summary: summaryOf(opened, live, reconciliation) };
  }

  private async updateLive(
    tx: Transaction,
    { updated }: Reconciliation,
    liveById: Map<string, DriftChange>,
  ): Promise<DriftChange[]> {
    const reopened: DriftChange[] = [];
    for (const { live, change, reopened: isReopened } of updated) {
      const patch: Partial<DriftChange> = { substate: 'ongoing', ...meaningOf(change) };
      if (isReopened) {
        Object.assign(patch, {
          state: 'open',
          decidedById: null,
          decidedByName: null,
          decidedAt: null,
          decisionReason: null,
          decisionUntil: null,
        });
      }
      await this.changes.update(tx, live.id, patch);
      const known = liveById.get(live.id);
      if (known !== undefined) Object.assign(known, patch);
      if (isReopened && known !== undefined) reopened.push(known);
    }
    return reopened;
  }

  /** Events that came after the report that needed them. */
  private async attributeLate(
    tx: Transaction,
    { attributions, now }: ScanFindings,
    live: DriftChange[],
  ): Promise<void> {
    for (const change of live) {
      const late = attributions.get(change.identity.toString('hex'));
      // Somebody found earlier isn't dropped because the log can't be read now.
      if (late === undefined) continue;
      const found = late.verdict.attribution === 'none' ? {} : attributionColumns(late);
      const attempts = change.attributionAttempts + 1;
      const attribution = late.verdict.attribution === 'none' ? change.attribution : late.verdict.attribution;
      const attributionRetryAt = nextAttributionAt(attribution, attempts, change.createdAt ?? now);
      await this.changes.update(tx, change.id, { ...found, attributionAttempts: attempts, attributionRetryAt });
    }
  }

  private async closeGone(
    tx: Transaction,
    sequence: number,
    { closed }: Reconciliation,
    liveById: Map<string, DriftChange>,
  ): Promise<BookedChanges['closed']> {
    for (const reason of ['reverted', 'superseded', 'baseline'] as const) {
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
    const attributed = attributions.get(identity) ?? { verdict: NOBODY, since: now };
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

function meaningOf({ displayName, direction, severity, rules, references, title }: ClassifiedChange) {
  return {
    displayName: displayName === null ? null : storableText(displayName),
    direction,
    severity,
    rules,
    references,
    title: storableText(title),
  };
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

function summaryOf(opened: NewChange[], live: DriftChange[], { closed }: Reconciliation): Record<Severity, number> {
  const gone = new Set(closed.map(({ live: { id } }) => id));
  const summary = emptySummary();
  for (const { severity } of opened) summary[severity] += 1;
  for (const { id, state, severity } of live) if (state === 'open' && !gone.has(id)) summary[severity] += 1;
  return summary;
}
