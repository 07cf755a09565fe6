export type DecisionKind = 'accept' | 'ignore' | 'deny' | 'reopen';

export interface ChangeDecision {
  kind: DecisionKind;
  reason: string;
  /** When the decision ends and the change is open again; null for as long as the value stays. */
  until: Date | null;
}

/** Why a change is open although somebody had decided, or although it was gone. */
export type ReopenReason = 'came-back' | 'value-changed' | 'decision-ended' | 'rule-ended' | 'by-person';

/** A decision that no longer holds, as it is shown beside the change that it was about. */
export interface PastDecision {
  kind: 'accept' | 'ignore' | 'deny';
  /** Id of the user. */
  by: string;
  byName: string;
  /** RFC 3339. */
  at: string;
  reason: string;
  /** RFC 3339; null where it had no end. */
  until: string | null;
}
