import type { DriftChange } from './drift-change.entity.js';

/** What a change says of the tenant's configuration and of people. Sealed as a whole. */
export interface ChangeDetails {
  displayName: string | null;
  /** JSON Pointer; '' for the whole object. */
  path: string;
  /** Canonical JSON. */
  beforeJson: string;
  /** Canonical JSON. */
  afterJson: string;
  title: string;
  /** Name or address of who made it. */
  actorName: string | null;
  /** JSON of the audit events that speak for the actor. */
  attributionEvidence: string | null;
}

/** A change as everybody but its repository knows it: opened. */
export type ReadableChange = Omit<DriftChange, 'sealedDetails'> & ChangeDetails;

export type NewChange = Omit<ReadableChange, 'createdAt'>;
