import type { Attribution, ChangeActor, ClassifiedChange } from '../report/drift-report.types.js';

/** A change whose author is looked for. */
export interface AttributableChange
  extends Pick<ClassifiedChange, 'resourceType' | 'resourceKey' | 'changeType' | 'path' | 'before' | 'after'> {
  /** When Graph says that the object was last modified; null where it doesn't say. */
  modifiedAt: string | null;
  /** The change was made after this instant. */
  since: Date;
}

/** An audit event that speaks of the change, for whoever checks the verdict. */
export interface AttributionEvidence {
  eventId: string;
  correlationId: string;
  activity: string;
  at: string;
  actor: ChangeActor | null;
  grade: Attribution;
}

/**
 * Who made a change. `exact`: an event of this object shows this very value or member being written; `strong`: one of this
 * object at the instant that Graph gives for its last modification; `probable`: one of this object of the right kind since
 * the last scan; `none`: no event, and nobody is invented. For access of our own our own trail is asked: see attributeOwnChange.
 */
export interface AttributionVerdict {
  attribution: Attribution;
  actor: ChangeActor | null;
  /** Correlation id of the act, when there is one. */
  correlationId: string | null;
  /** The act that the verdict rests on first, then others between the two scans. */
  evidence: AttributionEvidence[];
}

export const NOBODY: AttributionVerdict = { attribution: 'none', actor: null, correlationId: null, evidence: [] };
