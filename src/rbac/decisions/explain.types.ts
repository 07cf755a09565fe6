import type { AssignmentFacts, HolderType, RoleFacts, SubjectFacts } from './access-facts.js';

/** What a decision is explained from. */
export interface ExplainedFacts {
  subject: SubjectFacts;
  roles: ReadonlyMap<string, RoleFacts>;
  permission: string;
  scope: string;
  /** The moment of the decision, Unix milliseconds. */
  nowMs: number;
  /** What the subject could activate, its groups' included; empty when that isn't known. */
  eligible: readonly EligibleFacts[];
  /** What it or its groups were given once and no longer have. */
  removed: readonly AssignmentFacts[];
  /** What would have to be enabled for the subject to hold anything; null when it can't be. */
  toEnable: readonly ('subject' | 'owner')[] | null;
}

/** A role that somebody may activate for a time. */
export interface EligibleFacts {
  /** eligible_assignments.id */
  id: string;
  holderType: Exclude<HolderType, 'service_account'>;
  /** users.id or groups.id */
  holderId: string;
  roleId: string;
  scope: string;
  /** Unix milliseconds. */
  validFrom: number;
  validUntil: number | null;
}

export const PATH_STATES = [
  'applies',
  'denied_elsewhere',
  'subject_inactive',
  'eligible_not_activated',
  'not_yet_valid',
  'expired',
  'other_scope',
  'removed',
] as const;
export type PathState = (typeof PATH_STATES)[number];

/** One way from the subject to the permission. */
export interface AccessPath {
  effect: 'allow' | 'deny';
  why: PathState;
  assignment: AssignmentFacts | EligibleFacts;
  /** groups.id; null for an assignment of the subject's own. */
  groupId: string | null;
  /** roles.id: from the assigned role to the one that holds the permission itself. */
  roleIds: readonly string[];
}

/** One thing that somebody would have to do. */
export type ChangeStep =
  | { action: 'remove_assignment'; assignmentId: string }
  | { action: 'remove_member'; groupId: string }
  | { action: 'add_assignment'; roleId: string; scope: string; effect: 'allow' | 'deny' }
  | { action: 'activate'; eligibleAssignmentId: string }
  | { action: 'enable_subject' }
  | { action: 'enable_owner' };
