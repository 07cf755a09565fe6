import { IsUUID } from 'class-validator';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

/** A page of a list that can be narrowed to one tenant. */
export class TenantPageQueryDto extends PageQueryDto {
  /** Only what belongs to this watched tenant (its id in /tenants). */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;
}
