import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { ChangeFilter } from '../report/changes.repository.js';
import { CHANGE_STATE_NAMES, type ChangeState, SEVERITIES, type Severity } from '../report/drift-report.types.js';
import { type ResourceType, SCANNED_TYPES } from '../resource-types/resource-type.types.js';
import { type TenantsInReach, tenantsAsked } from '../tenant-access/subject.types.js';
import { TenantPageQueryDto } from './tenant-page-query.dto.js';

const SUBSTATES = ['new', 'ongoing', 'regressed'] as const;
type Substate = (typeof SUBSTATES)[number];

/** `a,b`, or the parameter repeated. */
const AsList = () =>
  Transform(({ value }: { value: unknown }) =>
    (Array.isArray(value) ? value : [value]).flatMap((item: unknown) =>
      typeof item === 'string' ? item.split(',') : [item],
    ),
  );

/** Filters of the list of changes; all that are given must hold. */
export class ChangeQueryDto extends TenantPageQueryDto {
  /** Only these states, separated by commas. */
  @MayBeAbsent()
  @AsList()
  @IsArray()
  @ArrayMaxSize(10)
  @IsIn(CHANGE_STATE_NAMES, { each: true })
  state?: ChangeState[];

  /** Only these severities, separated by commas. */
  @MayBeAbsent()
  @AsList()
  @IsArray()
  @ArrayMaxSize(10)
  @IsIn(SEVERITIES, { each: true })
  severity?: Severity[];

  /** Only these resource types, separated by commas. */
  @MayBeAbsent()
  @AsList()
  @IsArray()
  @ArrayMaxSize(50)
  @IsIn(SCANNED_TYPES, { each: true })
  resourceType?: ResourceType[];

  /** Only these substates, separated by commas. */
  @MayBeAbsent()
  @AsList()
  @IsArray()
  @ArrayMaxSize(10)
  @IsIn(SUBSTATES, { each: true })
  substate?: Substate[];

  static toFilter(query: ChangeQueryDto, inReach: TenantsInReach): ChangeFilter {
    return {
      tenants: tenantsAsked(query.tenant, inReach),
      states: query.state ?? [],
      severities: query.severity ?? [],
      resourceTypes: query.resourceType ?? [],
      substates: query.substate ?? [],
    };
  }
}
