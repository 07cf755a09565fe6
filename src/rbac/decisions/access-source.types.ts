import type { RoleFacts } from './access-facts.js';

/** A role as configuration that is watched. */
export interface RoleSource extends RoleFacts {
  description: string;
  /** 300 to 2,592,000. */
  activationMaxSeconds: number;
  activationNeedsApproval: boolean;
}

/** A constraint of separation of duties. */
export interface ConstraintSource {
  /** separation_constraints.id */
  id: string;
  name: string;
  description: string;
  kind: 'roles' | 'permissions';
  atMost: number;
  roles: { id: string; name: string }[];
  permissions: string[];
}

/** A role given to somebody, denied, or to be activated. */
export interface AssignmentSource {
  /** role_assignments.id or eligible_assignments.id */
  id: string;
  assignmentType: 'active' | 'eligible';
  principalType: 'user' | 'service_account' | 'group';
  /** Entra's object id where there is one, else users.id, groups.id or service_accounts.id. */
  principalId: string;
  principalDisplayName: string;
  roleId: string;
  roleName: string;
  scope: string;
  effect: 'allow' | 'deny';
  /** Null: until it is removed. */
  validUntil: Date | null;
}

/** Who may do what in one tenant, as configuration. */
export interface AccessConfiguration {
  /** Of the installation. */
  roles: (RoleSource & { inheritedPermissions: string[]; parentRoles: { id: string; name: string }[] })[];
  /** Of the installation. */
  constraints: ConstraintSource[];
  /** Of the tenant's people, programs and groups. */
  assignments: AssignmentSource[];
}
