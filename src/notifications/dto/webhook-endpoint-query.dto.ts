import { IsUUID } from 'class-validator';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

/** Filters of the list of endpoints. */
export class WebhookEndpointQueryDto extends PageQueryDto {
  /** Only endpoints of this watched tenant. */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;
}
