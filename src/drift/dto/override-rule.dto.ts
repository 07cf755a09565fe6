import { IsBoolean, IsIn, IsObject, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { IsInstant } from '../../kernel/validation/is-instant.decorator.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import { driftError } from '../drift.errors.js';
import type { RuleChange } from '../overrides/rule-override.types.js';
import { SEVERITIES, type Severity } from '../report/drift-report.types.js';

export class RuleOverrideQueryDto {
  /** The watched tenant (its id in /tenants). */
  @IsUUID('loose')
  tenant: string;
}

/** What a rule says otherwise than it comes: at least one of `disabled`, `severity` and `parameters`. */
export class OverrideRuleDto {
  /** The rule says nothing; what it spoke of is still reported. Needs `until`, 366 days ahead at most. */
  @MayBeAbsent()
  @IsBoolean()
  disabled?: boolean;

  /** Of a loosening, in every case. */
  @MayBeAbsent()
  @IsIn(SEVERITIES)
  severity?: 'critical' | 'high' | 'medium' | 'low' | 'info';

  /** Numbers by the names of the rule's own parameters. */
  @MayBeAbsent()
  @IsObject()
  parameters?: Record<string, number>;

  /** Why, for the audit trail. */
  @IsString()
  @MaxLength(1000)
  @Matches(/\S/, { message: 'reason must say something' })
  reason: string;

  /** When the rule is as it comes again. */
  @MayBeAbsent()
  @IsInstant()
  until?: string;

  /** @throws DomainError drift.override_invalid */
  static toChange(ruleId: string, body: OverrideRuleDto): RuleChange {
    const { disabled = false, severity, parameters = {}, reason, until } = body;
    if (!Object.values(parameters).every((value) => typeof value === 'number'))
      throw driftError('drift.override_invalid', { detail: '"parameters" must hold numbers' });
    const wanted: Severity | null = severity ?? null;
    return {
      ruleId,
      disabled,
      severity: wanted,
      parameters,
      reason,
      until: until === undefined ? null : new Date(until),
    };
  }
}
