import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import type { Severity } from '../../../src/drift/report/drift-report.types.js';
import type { ResourceType } from '../../../src/drift/resource-types/resource-type.types.js';
import type { RuleCase } from './rule-case.types.js';

/**
 * The edge of a rule: what it says just inside and just outside. The verdict is the severity of a loosening, `tighter`, or
 * `nothing`.
 */
export type Edge = [
  rule: string,
  name: string,
  before: JsonObject | null,
  after: JsonObject | null,
  verdict: Severity | 'tighter' | 'nothing',
  more?: Partial<RuleCase>,
];

export interface Edges {
  cases: RuleCase[];
  silent: RuleCase[];
}

export function edgesOf(type: ResourceType, edges: Edge[]): Edges {
  const out: Edges = { cases: [], silent: [] };
  for (const [rule, name, before, after, verdict, more = {}] of edges) {
    const one = { rule, name, type, before, after, ...more };
    if (verdict === 'nothing') out.silent.push({ ...one, severity: 'info', direction: 'neutral' });
    else if (verdict === 'tighter') out.cases.push({ ...one, severity: 'info', direction: 'tightening' });
    else out.cases.push({ ...one, severity: verdict });
  }
  return out;
}
