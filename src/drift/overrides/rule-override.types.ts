import type { Severity } from '../report/drift-report.types.js';

/** What a rule says otherwise than it comes, for one tenant. */
export interface RuleChange {
  ruleId: string;
  /** Whether the rule says nothing; always until a day. */
  disabled: boolean;
  /** Of a loosening, in every case; null: as it comes. */
  severity: Severity | null;
  /** Values of the rule's own parameters; what isn't named is as it comes. */
  parameters: Record<string, number>;
  reason: string;
  until: Date | null;
}

export interface RuleOverride extends RuleChange {
  tenantId: string;
  setById: string;
  setByName: string;
  setAt: Date;
  version: number;
}
