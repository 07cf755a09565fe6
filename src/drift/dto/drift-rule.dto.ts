import type { DriftRule } from '../classify/rule.types.js';

/** A rule that gives changes their severity. */
export class DriftRuleDto {
  id: string;
  title: string;
  resources: string[];
  /** JSON Pointers in which `*` stands for any one member. */
  paths: string[];
  /** Of a loosening; a tightening is info. */
  severity: 'critical' | 'high' | 'medium' | 'low' | 'info';
  references: string[];

  static from({ id, title, resources, paths, severity, references }: DriftRule): DriftRuleDto {
    return { id, title, resources, paths, severity, references };
  }
}

export class DriftRulesDto {
  items: DriftRuleDto[];
  nextCursor: string | null;
}
