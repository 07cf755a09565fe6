import type { JsonObject } from '../../crypto/canonical-json.js';

/** Bytes of a document; what is longer is not looked at. */
export const MAX_DOCUMENT_BYTES = 1_048_576;
export const MAX_DOCUMENT_ROLES = 5000;
export const MAX_DOCUMENT_CONSTRAINTS = 1000;
export const MAX_DOCUMENT_MAPPINGS = 10_000;

export interface DocumentRole extends JsonObject {
  name: string;
  description: string;
  /** Sorted. */
  permissions: string[];
  /** Names of roles, sorted. */
  parents: string[];
  activation: { maxSeconds: number; needsApproval: boolean };
}

export interface DocumentConstraint extends JsonObject {
  name: string;
  description: string;
  kind: 'roles' | 'permissions';
  /** Names of roles or of permissions, sorted. */
  members: string[];
  atMost: number;
}

/** A role that a group has. */
export interface DocumentMapping extends JsonObject {
  /** The Entra object id of a group, or the name of one that SCIM brought. */
  group: string;
  /** groups.id where `group` is a name: names change hands. */
  groupId: string | null;
  /** The tenant's directory id in Entra. */
  tenant: string;
  /** Name of a role. */
  role: string;
  scope: string;
  effect: 'allow' | 'deny';
  /** ISO 8601; null: it has begun. */
  validFrom: string | null;
  /** ISO 8601; null: without an end. */
  validUntil: string | null;
}

/** Roles, constraints and mappings as one whole: what it doesn't name isn't there. */
export interface AccessDocument {
  roles: DocumentRole[];
  constraints: DocumentConstraint[];
  mappings: DocumentMapping[];
}

export type ChangeAction = 'create' | 'update' | 'delete';
export type ChangeKind = 'role' | 'constraint' | 'mapping';

export interface PlannedChange {
  action: ChangeAction;
  kind: ChangeKind;
  /** Of a mapping: who has what where. */
  name: string;
  before: JsonObject | null;
  after: JsonObject | null;
}

/** One permission that somebody gets or loses on a scope and below it. */
export interface AccessDifference {
  permission: string;
  scope: string;
  /** ISO 8601, the first moment of it; null: at once. */
  from: string | null;
}

export interface AffectedSubject {
  subject: { type: 'user' | 'service_account'; id: string };
  displayName: string;
  gains: AccessDifference[];
  loses: AccessDifference[];
}

/** How many subjects violate a constraint as it comes; that doesn't keep it from coming. */
export interface ConstraintViolations {
  /** Its name. */
  constraint: string;
  subjects: number;
}

export interface AccessPlan {
  /** What applying must name: it stands for the state that was read and for exactly these changes. */
  revision: string;
  changes: PlannedChange[];
  /** The first 1,000. */
  affected: AffectedSubject[];
  affectedTotal: number;
  violations: ConstraintViolations[];
  /** Why applying would be refused; null: it would not. Then nothing is known about who is affected. */
  refusal: { code: string; detail: string } | null;
}
