import type { AttributionEvidence } from '../attribution/attribution.types.js';
import type { ReportedChange } from '../report/drift-report.types.js';
import type { ReadableChange } from '../report/readable-change.js';
import { reportedChange } from '../report/reported-change.js';
import { AnyJson } from './any-json.decorator.js';

/** Who made a change, from the directory audit log. */
export class ChangeActorDto {
  type: 'user' | 'app';
  /** Object id of the account that made the call. For access of our own: users.id, service_accounts.id, or the name of a part of the service. */
  id: string;
  displayName: string | null;
}

/** One path of one object that isn't as the baseline has it, in the form of a report. */
export class ReportedChangeDto {
  id: string;
  state: 'open' | 'accepted' | 'ignored' | 'denied' | 'closed';
  /** Changes of one act share it. */
  changeSetId: string;
  resourceType: string;
  /** The Graph id, or the tuple that identifies the object, joined by `|`. */
  resourceKey: string;
  displayName: string | null;
  changeType: 'added' | 'removed' | 'modified';
  /** JSON Pointer; empty for a whole object that came or went. */
  path: string;
  /** The value in the baseline; of a set the elements that went. Null where there was none. */
  @AnyJson()
  before: unknown;
  /** The value now; of a set the elements that came. Null where there is none. */
  @AnyJson()
  after: unknown;
  direction: 'loosening' | 'tightening' | 'neutral';
  severity: 'critical' | 'high' | 'medium' | 'low' | 'info';
  /** Ids of the rules that spoke, the one that set the severity first. */
  rules: string[];
  references: string[];
  /** What it means; one sentence for people. */
  title: string;
  matchedBy: 'id' | 'name';
  actor: ChangeActorDto | null;
  attribution: 'exact' | 'strong' | 'probable' | 'none';

  static from(change: ReportedChange): ReportedChangeDto {
    return { ...change };
  }
}

/** An event of the directory audit log that speaks of the change. */
export class AttributionEvidenceDto {
  eventId: string;
  correlationId: string;
  activity: string;
  /** RFC 3339. */
  at: string;
  actor: ChangeActorDto | null;
  grade: 'exact' | 'strong' | 'probable' | 'none';
}

/** What was decided about a change. */
export class ChangeDecisionDto {
  /** Id of the user. */
  by: string;
  byName: string;
  /** RFC 3339. */
  at: string;
  reason: string;
  /** RFC 3339: when it ends; null for as long as the value stays. */
  until: string | null;
}

/** A decision that no longer holds. */
export class PastDecisionDto extends ChangeDecisionDto {
  kind: 'accept' | 'ignore' | 'deny';
  /** What the change was judged as then; null or absent where that isn't known. */
  severity?: 'critical' | 'high' | 'medium' | 'low' | 'info' | null;
  /** Whether a second person had approved it. */
  byTwo?: boolean;
}

/** A change with its history. */
export class DriftChangeDto extends ReportedChangeDto {
  /** Id in /tenants. */
  tenantId: string;
  /** `regressed`: it had been closed before, or is another value than the one that somebody had decided about. */
  substate: 'new' | 'ongoing' | 'regressed';
  /** `unreferenced`: nothing names the user or group any more, so it isn't watched. */
  closeReason: 'reverted' | 'restored' | 'superseded' | 'baseline' | 'unreferenced' | null;
  /** Version of the baseline that contains it, where one closed it. */
  closedByBaseline: number | null;
  /** The execution (/drift/remediations) that brought the baseline's value back and read it there: `reverted` by us, exactly. */
  closedByRemediation: string | null;
  /** Why it is open although somebody had decided or it was gone. */
  reopenReason: 'came-back' | 'value-changed' | 'decision-ended' | 'rule-ended' | 'by-person' | 'graver' | null;
  baselineVersion: number;
  /** RFC 3339: when a scan first found it. */
  firstSeenAt: string;
  closedAt: string | null;
  decision: ChangeDecisionDto | null;
  /** What was decided before and no longer holds; of the value that stood here before, where that is why it is open. */
  previousDecision: PastDecisionDto | null;
  /** The rule by which it is ignored. */
  ignoreRuleId: string | null;
  /** RFC 3339: when an alert last said that it stands although it was denied. */
  remindedAt: string | null;
  /** Whether the audit log will be asked again for who made it. */
  attributionPending: boolean;
  evidence: AttributionEvidenceDto[];
  /** What If-Match wants, as in the ETag of GET. */
  version: number;

  static fromChange(change: ReadableChange): DriftChangeDto {
    return {
      ...reportedChange(change),
      tenantId: change.tenantId,
      substate: change.substate,
      closeReason: change.closeReason,
      closedByBaseline: change.closedByBaseline,
      closedByRemediation: change.closedByRemediation,
      reopenReason: change.reopenReason,
      baselineVersion: change.baselineVersion,
      firstSeenAt: change.createdAt.toISOString(),
      closedAt: change.closedAt?.toISOString() ?? null,
      decision: decisionOf(change),
      previousDecision:
        change.previousDecision === null ? null : (JSON.parse(change.previousDecision) as PastDecisionDto),
      ignoreRuleId: change.ignoreRuleId,
      remindedAt: change.remindedAt?.toISOString() ?? null,
      attributionPending: change.attributionRetryAt !== null,
      evidence:
        change.attributionEvidence === null ? [] : (JSON.parse(change.attributionEvidence) as AttributionEvidence[]),
      version: change.version,
    };
  }
}

export class DriftChangePageDto {
  items: DriftChangeDto[];
  nextCursor: string | null;
}

function decisionOf({
  decidedById,
  decidedByName,
  decidedAt,
  decisionReason,
  decisionUntil,
}: ReadableChange): ChangeDecisionDto | null {
  if (decidedById === null || decidedAt === null) return null;
  return {
    by: decidedById,
    byName: decidedByName ?? decidedById,
    at: decidedAt.toISOString(),
    reason: decisionReason ?? '',
    until: decisionUntil?.toISOString() ?? null,
  };
}
