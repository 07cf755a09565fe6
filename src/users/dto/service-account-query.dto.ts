import { IsIn, IsUUID } from 'class-validator';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { ServiceAccountFilter } from '../service-account.types.js';

/** Which service accounts to list. */
export class ServiceAccountQueryDto extends PageQueryDto {
  /** Only those of this tenant (tenants.id). */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;

  /** Only those of this user (users.id). */
  @MayBeAbsent()
  @IsUUID('loose')
  owner?: string;

  /** Only those in this state. */
  @MayBeAbsent()
  @IsIn(['active', 'disabled'])
  status?: 'active' | 'disabled';

  static toFilter({ tenant, owner, status }: ServiceAccountQueryDto): ServiceAccountFilter {
    return {
      ...(tenant === undefined ? {} : { tenantId: tenant }),
      ...(owner === undefined ? {} : { ownerUserId: owner }),
      ...(status === undefined ? {} : { status }),
    };
  }
}
