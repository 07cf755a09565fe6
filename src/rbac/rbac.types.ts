export type AssignmentEffect = 'allow' | 'deny';

export interface RoleSummary {
  /** roles.id */
  id: string;
  name: string;
  description: string;
  /** Written from the code at start; nobody changes it here. */
  isSystem: boolean;
  /** How long an activation of it may last, 300 to 2,592,000. */
  activationMaxSeconds: number;
  /** Whether an activation waits for somebody else's approval. */
  activationNeedsApproval: boolean;
  version: number;
}

/** One role as another names it. */
export interface RoleRef {
  /** roles.id */
  id: string;
  name: string;
}

/** A role with what it holds itself and what it inherits from directly. */
export interface RoleDetails extends RoleSummary {
  /** Its own, sorted. */
  permissions: string[];
  /** Sorted by name. */
  parents: RoleRef[];
}

export interface NewRole {
  name: string;
  description: string;
  /** Of the catalogue or of a registered namespace. */
  permissions: readonly string[];
  /** roles.id of those it inherits from. */
  parents: readonly string[];
  /** 300 to 2,592,000. */
  activationMaxSeconds: number;
  activationNeedsApproval: boolean;
}

export type RolePatch = Partial<NewRole>;

/** One permission that a role holds: by itself, through others, or both. */
export interface HeldPermission {
  name: string;
  description: string;
  own: boolean;
  /** The roles it comes from, directly or not; empty when only its own. */
  inheritedFrom: RoleRef[];
}

/** A user, a service account or a group: who can hold roles. */
export interface SubjectRef {
  type: 'user' | 'service_account' | 'group';
  /** users.id, service_accounts.id or groups.id */
  id: string;
}

/** What has to be known of a subject to decide on it and to record it. */
export interface AccessSubject extends SubjectRef {
  /** tenants.id */
  tenantId: string;
  /** Entra's, of a person or group that has one. */
  objectId: string | null;
  displayName: string;
  /** A service account is active only together with its owner; a group always is. */
  active: boolean;
}

export interface Assignment {
  id: string;
  subject: SubjectRef;
  roleId: string;
  roleName: string;
  scope: string;
  effect: AssignmentEffect;
  validFrom: Date;
  /** Null: until it is removed. */
  validUntil: Date | null;
  reason: string;
  assignedByType: 'user' | 'service_account' | 'system';
  assignedById: string;
  createdAt: Date;
}

export interface NewAssignment {
  /** users.id, service_accounts.id or groups.id */
  subjectId: string;
  roleId: string;
  scope: string;
  effect: AssignmentEffect;
  /** Null: from now, by the database's clock. */
  validFrom: Date | null;
  validUntil: Date | null;
  reason: string;
}

/** What is assigned, without to whom. */
export type AssignmentContent = Omit<NewAssignment, 'subjectId'>;

export interface AssignmentFilter {
  /** users.id, service_accounts.id or groups.id */
  subjectId?: string;
  roleId?: string;
  /** Those on it and below it. */
  scope?: string;
  effect?: AssignmentEffect;
}

/** What a caller may see of something that has scopes: on and below the allowed ones, except on and below the denied ones. */
export interface VisibleScopes {
  allowed: readonly string[];
  denied: readonly string[];
}
