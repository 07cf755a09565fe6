import type { Json } from '../../crypto/canonical-json.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';

/** The JSON of `drift compare` and of a report: promised to users in docs/contract, see docs/drift.md. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];
export type Direction = 'loosening' | 'tightening' | 'neutral';
export type ChangeType = 'added' | 'removed' | 'modified';
export type ChangeState = 'open' | 'accepted' | 'ignored' | 'closed';
export type Attribution = 'exact' | 'strong' | 'probable' | 'none';
export type ReportTrigger = 'schedule' | 'manual' | 'offline';
export type ControlVerdict = 'met' | 'not-met' | 'not-assessed';

export interface ChangeActor {
  type: 'user' | 'app';
  /** Object id of the account that made the call; for an app without a service principal id its appId. For access of our own: users.id, service_accounts.id, or the name of a part of the service. */
  id: string;
  displayName: string | null;
}

/** What the pure half of the pipeline (diff, then classify) says of one change. */
export interface ClassifiedChange {
  resourceType: ResourceType;
  resourceKey: string;
  displayName: string | null;
  changeType: ChangeType;
  /** JSON Pointer into the normal form; '' for a whole object. */
  path: string;
  before: Json;
  after: Json;
  direction: Direction;
  severity: Severity;
  /** Ids of the rules that spoke, the one that set the severity first. */
  rules: string[];
  references: string[];
  /** One sentence for people, from the rule: what this means. */
  title: string;
  matchedBy: 'id' | 'name';
}

export interface ReportedChange extends ClassifiedChange {
  id: string;
  state: ChangeState;
  /** Changes of one act (one object in one report, or one audit correlation) share it. */
  changeSetId: string;
  actor: ChangeActor | null;
  attribution: Attribution;
}

export interface IncompleteType {
  resourceType: ResourceType;
  reason: string;
  /** RFC 3339: since when the type has not been collected completely; null offline. */
  since: string | null;
}

export interface DriftReportDocument {
  complete: boolean;
  incomplete: IncompleteType[];
  trigger: ReportTrigger;
  baselineVersion: number | null;
  summary: Record<Severity, number>;
  changes: ReportedChange[];
  controls: { id: string; before: ControlVerdict; after: ControlVerdict }[];
}
