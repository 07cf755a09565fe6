import type { Severity } from '../report/drift-report.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { FactName } from './facts/fact-names.js';

/** A scalar of the normal form, or null for "not there". */
export type RuleScalar = string | number | boolean | null;

/**
 * When a rule speaks. All members that are present must hold. Sets are compared by their elements, everything else by the
 * value before and after.
 */
export interface RuleCondition {
  /** For whole objects (path ''). */
  on?: 'added' | 'removed';
  from?: RuleScalar[];
  to?: RuleScalar[];
  notTo?: RuleScalar[];
  /** The set gained one of these, or anything. */
  adds?: 'any' | RuleScalar[];
  /** The set gained something that is none of these. */
  addsOutside?: RuleScalar[];
  /** The set lost one of these, or anything. */
  removes?: 'any' | RuleScalar[];
  /** The number or ISO 8601 duration went up or down; past the bound, where one is given. */
  grows?: true | number;
  shrinks?: true | number;
  /** Parameters of the rule that the bounds are, by name. */
  bounds?: { grows?: string; shrinks?: string };
  /** The value came (wasn't there before), went, or is another one. */
  appears?: true;
  disappears?: true;
  changes?: true;
  if?: FactName[];
  unless?: FactName[];
}

export interface SeverityCase {
  if?: FactName[];
  unless?: FactName[];
  severity: Severity;
}

/** One rule of the catalogue, as the YAML files hold it. */
export interface DriftRule {
  id: string;
  /** One sentence for people: what a loosening means. */
  title: string;
  resources: ResourceType[];
  /** JSON Pointers with `*`; '' is the whole object. */
  paths: string[];
  /** Of a loosening. Tightening and neutral are info. */
  severity: Severity;
  /** Other severities of a loosening; the first that holds counts. */
  severityWhen: SeverityCase[];
  references: string[];
  /** Numbers that a tenant may set otherwise, by name. */
  parameters: Record<string, number>;
  /** Any of these makes the change a loosening; a condition without members (`any` in the file) holds of every change. */
  loosens: RuleCondition[];
  /** Any of these makes it a tightening; null: when the opposite change would be a loosening. */
  tightens: RuleCondition[] | null;
  /** Also look inside objects that are new or gone, as if each of their members had come or gone. */
  inside: ('added' | 'removed')[];
}
