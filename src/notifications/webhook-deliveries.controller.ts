import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { WebhookDeliveryDto, WebhookDeliveryPageDto } from './dto/webhook-delivery.dto.js';
import { WebhookDeliveryQueryDto } from './dto/webhook-delivery-query.dto.js';
import { WebhookDeliveries } from './webhook-deliveries.service.js';

@ApiTags('webhooks')
@Controller('webhooks/deliveries')
export class WebhookDeliveriesController {
  constructor(private readonly deliveries: WebhookDeliveries) {}

  /** List deliveries, newest first */
  @Get()
  @RequirePermission('webhooks:read')
  async list(@Query() query: WebhookDeliveryQueryDto): Promise<WebhookDeliveryPageDto> {
    const filter = { endpointId: query.endpoint, status: query.status, tenantId: query.tenant };
    const page = await this.deliveries.list(filter, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(WebhookDeliveryDto.from), nextCursor: page.nextCursor };
  }

  /** Deliver once more, with the same webhook-id */
  @Post(':id/replay')
  @HttpCode(202)
  @RequirePermission('webhooks:manage')
  async replay(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<WebhookDeliveryDto> {
    return WebhookDeliveryDto.from(await this.deliveries.replay(actor, id));
  }
}
