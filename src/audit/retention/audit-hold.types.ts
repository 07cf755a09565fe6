import type { Actor } from '../../access/actor.js';

export interface NewAuditHold {
  /** For people: which case, who asked for it. */
  reason: string;
  /** Records from this time on … */
  from: Date;
  /** … and before this one. */
  to: Date;
  /** Whose records it is about; null: everybody's. Months are kept whole, so that it holds no less either way. */
  tenantId: string | null;
}

/** Keeps every month that its time touches. */
export interface AuditHold extends NewAuditHold {
  id: string;
  createdByType: Actor['type'];
  createdById: string;
  createdAt: Date;
  releasedByType: Actor['type'] | null;
  releasedById: string | null;
  releasedAt: Date | null;
  version: number;
  /** See StandingHolds. */
  sealedState: Buffer | null;
}

/** A record that says that a hold was placed. */
export interface HoldCreation {
  /** The target of the record. */
  holdId: string;
  /** The beginning of the month of the record. */
  at: Date;
}
