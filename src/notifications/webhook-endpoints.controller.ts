import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { CreateWebhookEndpointDto, UpdateWebhookEndpointDto } from './dto/create-webhook-endpoint.dto.js';
import { ReplayDeliveriesDto } from './dto/replay-deliveries.dto.js';
import { RotateWebhookSecretDto } from './dto/rotate-webhook-secret.dto.js';
import {
  CreatedWebhookEndpointDto,
  ReplayedDeliveriesDto,
  WebhookEndpointDto,
  WebhookEndpointPageDto,
} from './dto/webhook-endpoint.dto.js';
import { WebhookEndpointQueryDto } from './dto/webhook-endpoint-query.dto.js';
import { WebhookEndpoints } from './webhook-endpoints.service.js';

@ApiTags('webhooks')
@Controller('webhooks/endpoints')
export class WebhookEndpointsController {
  constructor(private readonly endpoints: WebhookEndpoints) {}

  /** List webhook endpoints */
  @Get()
  @RequirePermission('webhooks:read')
  async list(@Query() query: WebhookEndpointQueryDto): Promise<WebhookEndpointPageDto> {
    const page = await this.endpoints.list(PageQueryDto.limitOf(query), query.cursor, query.tenant);
    return { items: page.items.map(WebhookEndpointDto.from), nextCursor: page.nextCursor };
  }

  /** Add a webhook endpoint; its secret is shown this once */
  @Post()
  @RequirePermission('webhooks:manage')
  @Header('Cache-Control', 'no-store')
  async create(
    @CurrentActor() actor: CallerActor,
    @Body() body: CreateWebhookEndpointDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreatedWebhookEndpointDto> {
    const { endpoint, secret } = await this.endpoints.create(actor, CreateWebhookEndpointDto.toNewEndpoint(body));
    reply.header('ETag', etagOf(endpoint.version));
    return { ...WebhookEndpointDto.from(endpoint), secret };
  }

  /** Read one webhook endpoint */
  @Get(':id')
  @RequirePermission('webhooks:read')
  async get(
    @Param('id', IdPipe) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WebhookEndpointDto> {
    const endpoint = await this.endpoints.get(id);
    reply.header('ETag', etagOf(endpoint.version));
    return WebhookEndpointDto.from(endpoint);
  }

  /** Change a webhook endpoint */
  @Patch(':id')
  @RequirePermission('webhooks:manage')
  async update(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: UpdateWebhookEndpointDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WebhookEndpointDto> {
    const patch = UpdateWebhookEndpointDto.toPatch(body);
    const endpoint = await this.endpoints.update(actor, id, versionFromIfMatch(ifMatch), patch);
    reply.header('ETag', etagOf(endpoint.version));
    return WebhookEndpointDto.from(endpoint);
  }

  /** Delete a webhook endpoint and the history of its deliveries */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('webhooks:manage')
  async delete(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.endpoints.delete(actor, id, versionFromIfMatch(ifMatch));
  }

  /** Give a webhook endpoint another secret, shown this once; the old one signs beside it for a while */
  @Post(':id/rotate-secret')
  @HttpCode(200)
  @RequirePermission('webhooks:manage')
  @Header('Cache-Control', 'no-store')
  async rotateSecret(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: RotateWebhookSecretDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreatedWebhookEndpointDto> {
    const overlap = RotateWebhookSecretDto.overlapOf(body);
    const { endpoint, secret } = await this.endpoints.rotateSecret(actor, id, versionFromIfMatch(ifMatch), overlap);
    reply.header('ETag', etagOf(endpoint.version));
    return { ...WebhookEndpointDto.from(endpoint), secret };
  }

  /** Deliver all dead letters of a webhook endpoint once more, up to 10,000, each with the same webhook-id */
  @Post(':id/replay')
  @HttpCode(202)
  @RequirePermission('webhooks:manage')
  async replay(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Body() body: ReplayDeliveriesDto,
  ): Promise<ReplayedDeliveriesDto> {
    return { replayed: await this.endpoints.replay(actor, id, ReplayDeliveriesDto.sinceOf(body)) };
  }
}
