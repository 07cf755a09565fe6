import type { EffectiveRule } from '../overrides/apply-overrides.js';
import type { RuleOverride } from '../overrides/rule-override.types.js';
import type { TenantRules } from '../overrides/rule-overrides.service.js';

/** What a tenant says of a rule. */
export class RuleOverrideDto {
  disabled: boolean;
  /** Null: as the rule comes. */
  severity: 'critical' | 'high' | 'medium' | 'low' | 'info' | null;
  /** Numbers by the names of the rule's parameters. */
  parameters: Record<string, number>;
  reason: string;
  /** RFC 3339; null: until it is taken back. */
  until: string | null;
  setBy: string;
  /** RFC 3339. */
  setAt: string;
  version: number;

  static from({
    tenantId: _t,
    ruleId: _r,
    setById: _s,
    setByName,
    setAt,
    until,
    ...rest
  }: RuleOverride): RuleOverrideDto {
    return { ...rest, until: until?.toISOString() ?? null, setBy: setByName, setAt: setAt.toISOString() };
  }
}

/** A rule that gives changes their severity, as it holds. */
export class DriftRuleDto {
  id: string;
  title: string;
  resources: string[];
  /** JSON Pointers in which `*` stands for any one member. */
  paths: string[];
  /** Of a loosening; a tightening is info. */
  severity: 'critical' | 'high' | 'medium' | 'low' | 'info';
  references: string[];
  /** Numbers that a tenant may set, with the values that hold. */
  parameters: Record<string, number>;
  /** Whether the rule is as it comes or as the tenant wants it. */
  origin: 'shipped' | 'override';
  override: RuleOverrideDto | null;

  static from({ rule, override }: EffectiveRule<RuleOverride>): DriftRuleDto {
    const { id, title, resources, paths, severity, references, parameters } = rule;
    return {
      id,
      title,
      resources,
      paths,
      severity,
      references,
      parameters,
      origin: override === null ? 'shipped' : 'override',
      override: override === null ? null : RuleOverrideDto.from(override),
    };
  }
}

export class DriftRulesDto {
  /** Of the rules that hold; two answers with the same version hold the same rules. */
  version: string;
  items: DriftRuleDto[];
  nextCursor: string | null;

  static from({ version, rules }: TenantRules): DriftRulesDto {
    return { version, items: rules.map(DriftRuleDto.from), nextCursor: null };
  }
}
