import { IsOptional, IsUUID } from 'class-validator';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';

/** A page of a list that can be narrowed to one tenant. */
export class TenantPageQueryDto extends PageQueryDto {
  /** Only what belongs to this watched tenant (its id in /tenants). */
  @IsOptional()
  @IsUUID('loose')
  tenant?: string;
}
