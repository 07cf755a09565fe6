import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import type { DeliveryStatus } from '../webhook-delivery.entity.js';

/** Filters of the list of deliveries; all that are given must hold. */
export class WebhookDeliveryQueryDto extends PageQueryDto {
  @IsOptional()
  @IsUUID('loose')
  endpoint?: string;

  @IsOptional()
  @IsIn(['pending', 'delivered', 'dead'])
  status?: DeliveryStatus;

  /** Only deliveries of events of this watched tenant. */
  @IsOptional()
  @IsUUID('loose')
  tenant?: string;
}
