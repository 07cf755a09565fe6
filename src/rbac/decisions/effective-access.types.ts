import type { AssignmentEffect } from '../rbac.types.js';

/** One assignment that speaks of a permission on a scope. */
export interface AccessVia {
  /** role_assignments.id, or eligible_assignments.id */
  assignmentId: string;
  effect: AssignmentEffect;
  /** Where it was assigned: the scope itself or above it. */
  scope: string;
  /** Unix milliseconds; null for no end. */
  validUntil: number | null;
  /** Whether it must be activated first, and so decides nothing yet. */
  isEligible: boolean;
  /** groups.id; null for the subject's own. */
  groupId: string | null;
  /** roles.id: the shortest way from the assigned role to the one that holds the permission. */
  roleIds: readonly string[];
}

/** What a subject holds or is denied on one scope. */
export interface EffectiveEntry {
  permission: string;
  scope: string;
  allowed: boolean;
  via: AccessVia[];
}

export interface EffectiveAccessFilter {
  permission?: string;
  /** What is held there, instead of on each scope that something was assigned on. */
  scope?: string;
}

/** The last entry of a page: permission and scope. */
export type EntryKey = readonly [permission: string, scope: string];
