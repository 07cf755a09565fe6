import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { AuditRow } from '../../audit/log/canonical-record.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { GraphClients } from '../../entra/graph-clients.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { ChangesRepository } from '../report/changes.repository.js';
import type { ClassifiedChange } from '../report/drift-report.types.js';
import type { ReadableChange } from '../report/readable-change.js';
import { identityOf } from '../report/reconcile-changes.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { StoredSnapshot } from '../snapshot/stored-snapshot.js';
import { attributeChange } from './attribute-change.js';
import type { AttributableChange, AttributionVerdict } from './attribution.types.js';
import { AuditLogReader } from './audit-log-reader.js';
import { EventIndex } from './event-index.js';
import { lastCompleteReading } from './last-complete-reading.js';
import { attributeOwnChange, ownActionOf } from './own-acts.js';
import type { Answered } from './retry-schedule.js';

/** Verdicts by identity (hex) of the change. */
export type Attributions = Map<string, AttributedChange>;

export interface AttributedChange {
  verdict: AttributionVerdict;
  since: Date;
  answered: Answered;
}

export interface AttributionTask {
  tenantId: string;
  entraTenantId: string;
  takenAt: Date;
  /** The snapshot before this scan's. */
  previous: StoredSnapshot | null;
  changes: ClassifiedChange[];
  /** When Graph says that the changed object was last modified. */
  modifiedAt: (change: ClassifiedChange) => string | null;
}

/** Records of one action that are looked at: who changes more between two scans is not attributed throughout. */
const MAX_OWN_RECORDS = 1000;
/** A transaction that began before the last scan may have ended after it. */
const TRANSACTION_MS = 30_000;

/**
 * Finds who made the changes that a scan is the first to see, and asks again for those whose events may have been late: of the
 * tenant in the directory's log, of our own access in our own trail. Either is read only when there is somebody to look for.
 */
@Injectable()
export class ChangeAttributor {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly changes: ChangesRepository,
    private readonly graph: GraphClients,
    private readonly log: AuditLogReader,
    private readonly trail: AuditService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws the signal's reason only; without a readable log every verdict is `none` */
  async attribute(task: AttributionTask, signal: AbortSignal): Promise<Attributions> {
    const all = [...(await this.wanted(task))];
    const attributions = await this.attributeOwn(
      task.tenantId,
      all.filter(([, change]) => isOwn(change)),
    );
    const wanted = new Map(all.filter(([, change]) => !isOwn(change)));
    if (wanted.size === 0) return attributions;
    const client = await this.graph.of(task.entraTenantId);
    const { events, incompleteReason, failed } = await this.log.read(
      client,
      [...wanted.values()],
      task.takenAt,
      signal,
    );
    if (incompleteReason !== null) {
      this.logger.warn(
        { tenantId: task.tenantId, reason: incompleteReason },
        'the directory audit log was not read whole',
      );
    }
    const answered = failed ? 'not' : incompleteReason === null ? 'whole' : 'partly';
    const index = new EventIndex(events);
    for (const [identity, change] of wanted) {
      const verdict = attributeChange(change, index.candidates(change));
      attributions.set(identity, { verdict, since: change.since, answered });
    }
    return attributions;
  }

  private async attributeOwn(
    tenantId: string,
    wanted: readonly [identity: string, change: AttributableChange][],
  ): Promise<Attributions> {
    const since = new Map<string, number>();
    for (const [, change] of wanted) {
      const action = ownActionOf(change);
      if (action === null) continue;
      since.set(action, Math.min(since.get(action) ?? Number.POSITIVE_INFINITY, change.since.getTime()));
    }
    const records: AuditRow[] = [];
    let answered: Answered = 'whole';
    try {
      for (const [action, earliest] of since) {
        const from = new Date(earliest - TRANSACTION_MS);
        const { items, nextCursor } = await this.trail.search({ action, from, outcome: 'success' }, MAX_OWN_RECORDS);
        if (nextCursor !== null) answered = 'partly';
        // One rule may be changed for many tenants; what is of none is of all.
        records.push(...items.filter((record) => record.tenantId === null || record.tenantId === tenantId));
      }
    } catch (error) {
      // Names can wait; the report can't.
      this.logger.warn({ err: error }, 'the audit trail was not read for who changed access');
      answered = 'not';
    }
    return new Map(
      wanted.map(([identity, change]) => [
        identity,
        { verdict: attributeOwnChange(change, records), since: change.since, answered },
      ]),
    );
  }

  /** New changes, and live ones whose turn to be asked again has come. */
  private async wanted(task: AttributionTask): Promise<Map<string, AttributableChange>> {
    const live = await this.transactions.read((tx) => this.changes.findLive(tx, task.tenantId));
    const known = new Map(live.map((change) => [change.identity.toString('hex'), change]));
    const wanted = new Map<string, AttributableChange>();
    for (const change of task.changes) {
      const identity = identityOf(change);
      const earlier = known.get(identity);
      if (earlier !== undefined && !isDue(earlier, task.takenAt)) continue;
      wanted.set(identity, {
        ...change,
        modifiedAt: task.modifiedAt(change),
        since: earlier?.attributionSince ?? lastCompleteReading(change.resourceType, task.previous, task.takenAt),
      });
    }
    return wanted;
  }
}

/** The directory's log knows nothing of what is our own, and to ask it for that would be in vain. */
function isOwn({ resourceType }: Pick<ClassifiedChange, 'resourceType'>): boolean {
  return RESOURCE_TYPE_CATALOGUE[resourceType].collect.kind === 'own';
}

function isDue({ attributionRetryAt }: Pick<ReadableChange, 'attributionRetryAt'>, now: Date): boolean {
  return attributionRetryAt !== null && attributionRetryAt <= now;
}
