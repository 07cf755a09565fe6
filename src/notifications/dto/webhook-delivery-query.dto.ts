import { IsIn, IsUUID } from 'class-validator';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { DeliveryStatus } from '../webhook-delivery.entity.js';

/** Filters of the list of deliveries; all that are given must hold. */
export class WebhookDeliveryQueryDto extends PageQueryDto {
  @MayBeAbsent()
  @IsUUID('loose')
  endpoint?: string;

  @MayBeAbsent()
  @IsIn(['pending', 'delivered', 'dead'])
  status?: DeliveryStatus;

  /** Only deliveries of events of this watched tenant. */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;
}
