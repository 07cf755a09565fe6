import { IsIn, IsUUID } from 'class-validator';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { UserFilter } from '../users.types.js';

/** Which users to list. */
export class UserQueryDto extends PageQueryDto {
  /** Only people of this tenant (tenants.id). */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;

  /** Only people in this state. */
  @MayBeAbsent()
  @IsIn(['active', 'disabled', 'deleted'])
  status?: 'active' | 'disabled' | 'deleted';

  static toFilter(query: UserQueryDto): UserFilter {
    return {
      ...(query.tenant === undefined ? {} : { tenantId: query.tenant }),
      ...(query.status === undefined ? {} : { status: query.status }),
    };
  }
}
