import type { HolderType } from './access-facts.js';

/**
 * The new state of one fact, as a row of access_history says it. Whatever is put stands until it is put again or removed, so that
 * applying a row twice is no harm.
 */
export type FactChange = { key: string; removed: boolean } & (
  | { kind: 'user'; content: UserContent }
  | { kind: 'service_account'; content: ServiceAccountContent }
  | { kind: 'role'; content: RoleContent }
  | { kind: 'assignment'; content: AssignmentContent }
  | { kind: 'membership'; content: MembershipContent }
  | { kind: 'permission'; content: object }
  | { kind: 'reset'; content: object }
);

export interface UserContent {
  status: 'active' | 'disabled' | 'deleted';
  /** tenants.id */
  tenantId: string;
  objectId: string | null;
}

export interface ServiceAccountContent {
  status: 'active' | 'disabled';
  /** tenants.id */
  tenantId: string;
  /** users.id */
  ownerUserId: string;
}

export interface RoleContent {
  name: string;
  isSystem: boolean;
  permissions: readonly string[];
  /** roles.id */
  parents: readonly string[];
}

export interface AssignmentContent {
  holderType: HolderType;
  holderId: string;
  roleId: string;
  scope: string;
  effect: 'allow' | 'deny';
  /** Unix milliseconds, like the end. */
  validFrom: number;
  validUntil: number | null;
}

export interface MembershipContent {
  /** groups.id */
  groupId: string;
  /** Members of SCIM's groups: users.id. */
  userId: string | null;
  /** Members of Entra's groups: object ids within the tenant of the group. */
  objectId: string | null;
  /** tenants.id of the group; null when it is gone, and with it the membership. */
  groupTenantId: string | null;
}
