import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ReopenReason } from '../decisions/decision.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { COUNTED } from '../snapshot/bigint-column.js';
import type { Attribution, ChangeState, ChangeType, Direction, Severity } from './drift-report.types.js';

export type Substate = 'new' | 'ongoing' | 'regressed';
/**
 * `reverted`: the value is the baseline's again; `restored`: it is again one that was accepted; `superseded`: another change of the place or of what it lies in took over;
 * `baseline`: a new baseline contains it; `unreferenced`: nothing names the user or group any more, so it isn't watched.
 */
export type CloseReason = 'reverted' | 'restored' | 'superseded' | 'baseline' | 'unreferenced';

/**
 * One path of one object that isn't as the baseline has it, from the scan that found it to the one that no longer did. What it
 * says of the tenant's configuration and of people lies sealed (ChangeDetails); the columns `clear…` hold it in rows that were
 * written before.
 */
@Entity('drift_changes')
export class DriftChange {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  /** Digest of type, key, path and value (identityOf): the same while it is the same change. */
  @Column('bytea')
  identity: Buffer;

  @Column('uuid', { name: 'change_set_id' })
  changeSetId: string;

  @Column('text')
  state: ChangeState;

  @Column('text')
  substate: Substate;

  @Column('text', { name: 'state_before_close', nullable: true })
  stateBeforeClose: Exclude<ChangeState, 'closed'> | null;

  @Column('text', { name: 'close_reason', nullable: true })
  closeReason: CloseReason | null;

  /** Version of the baseline that contains it, where one closed it. */
  @Column('integer', { name: 'closed_by_baseline', nullable: true })
  closedByBaseline: number | null;

  /** The execution of ours that brought the baseline's value back and read it there; null where nobody or somebody else did. */
  @Column({ type: 'uuid', name: 'closed_by_remediation', nullable: true, insert: false, update: false })
  closedByRemediation: string | null;

  /** Why it is open although somebody had decided or it was gone; null where neither was so. */
  @Column('text', { name: 'reopen_reason', nullable: true })
  reopenReason: ReopenReason | null;

  /** JSON of the last PastDecision that no longer holds. */
  @Column('text', { name: 'previous_decision', nullable: true })
  previousDecision: string | null;

  /** The rule by which it is ignored; null where a person said so. */
  @Column('uuid', { name: 'ignore_rule_id', nullable: true })
  ignoreRuleId: string | null;

  /** When an alert last said that it stands although it was denied. */
  @Column('timestamptz', { name: 'reminded_at', nullable: true })
  remindedAt: Date | null;

  /** Version of the baseline that it was found against. */
  @Column('integer', { name: 'baseline_version' })
  baselineVersion: number;

  /** Sequence of the first report that has it. */
  @Column('bigint', { name: 'first_report', transformer: COUNTED })
  firstReport: number;

  /** Sequence of the first report that no longer has it. */
  @Column('bigint', { name: 'closed_report', nullable: true, transformer: COUNTED })
  closedReport: number | null;

  @Column('text', { name: 'resource_type' })
  resourceType: ResourceType;

  @Column('text', { name: 'resource_key' })
  resourceKey: string;

  @Column('text', { name: 'change_type' })
  changeType: ChangeType;

  @Column('text')
  direction: Direction;

  @Column('text')
  severity: Severity;

  @Column('text', { array: true })
  rules: string[];

  @Column('text', { name: 'reference_ids', array: true })
  references: string[];

  @Column('text', { name: 'matched_by' })
  matchedBy: 'id' | 'name';

  @Column('text')
  attribution: Attribution;

  @Column('text', { name: 'actor_type', nullable: true })
  actorType: 'user' | 'app' | null;

  @Column('text', { name: 'actor_id', nullable: true })
  actorId: string | null;

  @Column('integer', { name: 'attribution_attempts' })
  attributionAttempts: number;

  /** The change was made after this instant. */
  @Column('timestamptz', { name: 'attribution_since' })
  attributionSince: Date;

  /** When the audit log is to be asked again; null when the question is settled. */
  @Column('timestamptz', { name: 'attribution_retry_at', nullable: true })
  attributionRetryAt: Date | null;

  @Column('text', { name: 'decided_by_id', nullable: true })
  decidedById: string | null;

  @Column('text', { name: 'decided_by_name', nullable: true })
  decidedByName: string | null;

  @Column('timestamptz', { name: 'decided_at', nullable: true })
  decidedAt: Date | null;

  @Column('text', { name: 'decision_reason', nullable: true })
  decisionReason: string | null;

  /** When the decision ends; null for as long as the value stays. */
  @Column('timestamptz', { name: 'decision_until', nullable: true })
  decisionUntil: Date | null;

  /** What the change was judged as when somebody decided; null where nobody did, and where a rule ignores it. */
  @Column('text', { name: 'decided_severity', nullable: true })
  decidedSeverity: Severity | null;

  /** Whether a second person approved the decision. */
  @Column('boolean', { name: 'decided_by_two' })
  decidedByTwo: boolean;

  /** The gravest that people were told of since it was last opened. */
  @Column('text', { name: 'told_severity', nullable: true })
  toldSeverity: Severity | null;

  @Column('integer')
  version: number;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt: Date;

  @Column('timestamptz', { name: 'closed_at', nullable: true })
  closedAt: Date | null;

  /** Personal data: ChangeDetails as JSON, sealed for this row. */
  @Column('bytea', { name: 'sealed_details' })
  sealedDetails: Buffer;
}
