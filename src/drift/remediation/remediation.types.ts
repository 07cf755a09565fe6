import type { UserActor } from '../../access/actor.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { PlannedChange, RemediationPlan } from './remediation-plan.types.js';

/**
 * `superseded`: what the plan was made for has changed before anything was sent; `expired`: nobody approved or ran it in time;
 * `declined`: by somebody else, or taken back.
 */
export const REMEDIATION_STATUSES = [
  'proposed',
  'approved',
  'running',
  'succeeded',
  'failed',
  'superseded',
  'expired',
  'declined',
] as const;
export type RemediationStatus = (typeof REMEDIATION_STATUSES)[number];

/** `unknown`: nobody knows whether the tenant did it. */
export type StepStatus = 'intended' | 'done' | 'refused' | 'unknown';

/** What a change came to: the baseline's value was read in the tenant, or it wasn't, or nothing could be read. */
export type ChangeOutcome = 'restored' | 'standing' | 'unread';

/** What two people agree on. Sealed as a whole. */
export interface AgreedPlan {
  plan: RemediationPlan;
  changes: PlannedChange[];
  /** The objects as they have to be when it is executed; null for one that isn't there. */
  objects: { type: ResourceType; key: string; value: JsonObject | null }[];
}

export interface RemediationStep {
  /** Of the request in the plan. */
  number: number;
  status: StepStatus;
  intendedAt: Date;
  endedAt: Date | null;
  httpStatus: number | null;
  detail: string | null;
}

/** An execution of a plan, without what is sealed. */
export interface Remediation {
  id: string;
  tenantId: string;
  changeIds: string[];
  status: RemediationStatus;
  /** In force when it was asked for. */
  baselineVersion: number;
  reason: string;
  requestedBy: UserActor;
  requestedAt: Date;
  expiresAt: Date;
  decidedBy: UserActor | null;
  decidedAt: Date | null;
  decisionReason: string | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** One sentence on how it ended. */
  outcome: string | null;
  version: number;
}

export interface RemediationDetails extends Remediation, AgreedPlan {
  steps: RemediationStep[];
  outcomes: { changeId: string; outcome: ChangeOutcome | null }[];
}

/** The job's name among the slots; its key is the tenants.id. */
export const REMEDIATION_JOB = 'drift.remediate';
