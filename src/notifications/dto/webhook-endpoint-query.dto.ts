import { IsOptional, IsUUID } from 'class-validator';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';

/** Filters of the list of endpoints. */
export class WebhookEndpointQueryDto extends PageQueryDto {
  /** Only endpoints of this watched tenant. */
  @IsOptional()
  @IsUUID('loose')
  tenant?: string;
}
