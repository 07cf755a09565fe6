import type { Severity } from '../report/drift-report.types.js';

export type DecisionKind = 'accept' | 'ignore' | 'deny' | 'reopen';

export interface ChangeDecision {
  kind: DecisionKind;
  reason: string;
  /** When the decision ends and the change is open again; null for as long as the value stays. */
  until: Date | null;
}

/** Why a change is open although somebody had decided, or although it was gone. */
export type ReopenReason = 'came-back' | 'value-changed' | 'decision-ended' | 'rule-ended' | 'by-person' | 'graver';

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
  /** What the change was judged as then; absent of decisions that are older than this member. */
  severity?: Severity | null;
  /** Whether a second person had approved it. */
  byTwo?: boolean;
}
