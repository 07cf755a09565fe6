import type { Permission } from '../../access/permissions.js';

/** Permissions that somebody gets or loses on a scope and everywhere below it. */
export interface AccessDelta {
  permissions: readonly string[];
  scope: string;
  /** False: they are taken. */
  gives: boolean;
  /** The end of what is given; null: for ever. Nothing that is taken has one. */
  until: Date | null;
}

/** What a path is about to change, for AccessAuthority to judge. */
export interface AccessChange {
  /** For the sentence in the refusal: `role`, `service account`, `group`. */
  what: string;
  deltas: readonly AccessDelta[];
  /** Also demanded on each scope; `access:manage` when absent; null when the path stands behind a permission of its own. */
  needs?: Permission | null;
}
