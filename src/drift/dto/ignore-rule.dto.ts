import { IsIn, IsString, IsUUID, Matches, MaxLength, MinLength } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { DriftIgnoreRule } from '../decisions/drift-ignore-rule.entity.js';
import type { RequestedRule } from '../decisions/ignore-rules.service.js';
import { type ResourceType, SCANNED_TYPES } from '../resource-types/resource-type.types.js';
import { IgnoreChangeDto, untilOf } from './decide-change.dto.js';

/** Sets aside what an object or a path is about, until a time. */
export class CreateIgnoreRuleDto extends IgnoreChangeDto {
  /** Id in /tenants. */
  @IsUUID('loose')
  tenant: string;

  @IsIn(SCANNED_TYPES)
  resourceType: ResourceType;

  /** One object; left out: every object of the type. This or `pathPattern` must be there. */
  @MayBeAbsent()
  @IsString()
  @MinLength(1)
  @MaxLength(256)
  resourceKey?: string;

  /**
   * JSON Pointer in which `*` stands for any one token; what lies below is meant too. Left out: the whole object, also that it
   * comes or goes.
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(512)
  @Matches(/^(\/[^/]+)+$/, { message: 'pathPattern must be a JSON Pointer such as /conditions/users/*' })
  pathPattern?: string;

  static toRule(dto: CreateIgnoreRuleDto): RequestedRule {
    return {
      tenantId: dto.tenant,
      resourceType: dto.resourceType,
      resourceKey: dto.resourceKey ?? null,
      pathPattern: dto.pathPattern ?? null,
      reason: dto.reason,
      until: untilOf(dto),
    };
  }
}

/** A rule that ignores. */
export class IgnoreRuleDto {
  id: string;
  /** Id in /tenants. */
  tenantId: string;
  resourceType: string;
  /** Null for every object of the type. */
  resourceKey: string | null;
  /** Null for the whole object. */
  pathPattern: string | null;
  reason: string;
  /** RFC 3339. */
  until: string;
  /** Id of the user. */
  createdBy: string;
  createdByName: string;
  /** RFC 3339. */
  createdAt: string;
  /** RFC 3339; null while nobody withdrew it. */
  withdrawnAt: string | null;
  /** What If-Match wants, as in the ETag of GET. */
  version: number;

  static from(rule: DriftIgnoreRule): IgnoreRuleDto {
    const { id, tenantId, resourceType, resourceKey, pathPattern, reason, version } = rule;
    return {
      id,
      tenantId,
      resourceType,
      resourceKey,
      pathPattern,
      reason,
      until: rule.until.toISOString(),
      createdBy: rule.createdById,
      createdByName: rule.createdByName,
      createdAt: rule.createdAt.toISOString(),
      withdrawnAt: rule.withdrawnAt?.toISOString() ?? null,
      version,
    };
  }
}

export class IgnoreRulePageDto {
  items: IgnoreRuleDto[];
  nextCursor: string | null;
}
