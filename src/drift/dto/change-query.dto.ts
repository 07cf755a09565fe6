import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { ChangeFilter } from '../report/changes.repository.js';
import { type ChangeState, SEVERITIES, type Severity } from '../report/drift-report.types.js';
import { RESOURCE_TYPES, type ResourceType } from '../resource-types/resource-type.types.js';
import { TenantPageQueryDto } from './tenant-page-query.dto.js';

const STATES: ChangeState[] = ['open', 'accepted', 'ignored', 'closed'];

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
  @IsIn(STATES, { each: true })
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
  @IsIn(RESOURCE_TYPES, { each: true })
  resourceType?: ResourceType[];

  static toFilter(query: ChangeQueryDto): ChangeFilter {
    return {
      tenantId: query.tenant ?? null,
      states: query.state ?? [],
      severities: query.severity ?? [],
      resourceTypes: query.resourceType ?? [],
    };
  }
}
