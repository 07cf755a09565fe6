/** A group that roles can be assigned to. */
export interface Group {
  /** groups.id */
  id: string;
  /** tenants.id */
  tenantId: string;
  /** Who says who is in it: Entra ID, asked by Graph, or whoever provisions by SCIM. */
  source: 'entra' | 'scim';
  /** Entra's object id of the group; null for `scim`. */
  objectId: string | null;
  displayName: string;
  memberCount: number;
  /** When the members were last asked for and came whole; null for `scim`. */
  syncedAt: Date | null;
  /** Why they could not be read since; null when they could. */
  syncFailure: string | null;
  createdAt: Date;
}

export interface GroupMember {
  /** users.id of a member of a SCIM group, else Entra's object id. */
  id: string;
  /** users.id; null for somebody who hasn't signed in yet. */
  userId: string | null;
  objectId: string | null;
  displayName: string | null;
  addedAt: Date;
}

/** A group as Entra ID has it, read to its end. */
export interface EntraGroup {
  displayName: string;
  /** Object ids of the people in it, also by groups in it. */
  memberIds: string[];
  /** The database's time before the first request. */
  askedAt: Date;
}
