/** What decisions are made from, as the rows say it and in the form of access_history.content. Times are Unix milliseconds. */
export interface RoleFacts {
  /** roles.id */
  id: string;
  name: string;
  isSystem: boolean;
  /** Its own, without what it inherits. */
  permissions: readonly string[];
  /** roles.id of those it inherits from directly. */
  parents: readonly string[];
}

export type HolderType = 'user' | 'service_account' | 'group';

export interface AssignmentFacts {
  /** role_assignments.id */
  id: string;
  holderType: HolderType;
  /** users.id, service_accounts.id or groups.id */
  holderId: string;
  roleId: string;
  scope: string;
  effect: 'allow' | 'deny';
  /** It holds from this moment on. */
  validFrom: number;
  /** And no longer at this one; null for no end. */
  validUntil: number | null;
}

/** Everything that decides on one subject. */
export interface SubjectFacts {
  type: 'user' | 'service_account';
  /** users.id or service_accounts.id */
  id: string;
  /** tenants.id */
  tenantId: string;
  /** A program is active only together with its owner. */
  active: boolean;
  /** groups.id of the groups whose assignments are the subject's too. */
  groupIds: readonly string[];
  /** Its own and those of its groups, of any time. */
  assignments: readonly AssignmentFacts[];
}

/** What a decision is asked: may this subject do that, there? */
export interface Question {
  subjectId: string;
  /** A name of the catalogue or of a registered namespace. */
  permission: string;
  scope: string;
}
