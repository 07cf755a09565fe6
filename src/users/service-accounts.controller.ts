import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { CreateServiceAccountDto, UpdateServiceAccountDto } from './dto/change-service-account.dto.js';
import { ChangedServiceAccountDto, ServiceAccountDto, ServiceAccountPageDto } from './dto/service-account.dto.js';
import { ServiceAccountQueryDto } from './dto/service-account-query.dto.js';
import { ServiceAccountChanges } from './service-account-changes.service.js';
import { ServiceAccountsService } from './service-accounts.service.js';

@ApiTags('service-accounts')
@Controller('service-accounts')
export class ServiceAccountsController {
  constructor(
    private readonly accounts: ServiceAccountsService,
    private readonly changes: ServiceAccountChanges,
  ) {}

  /** List service accounts */
  @Get()
  @RequirePermission('service-accounts:read')
  async list(@Query() query: ServiceAccountQueryDto): Promise<ServiceAccountPageDto> {
    const filter = ServiceAccountQueryDto.toFilter(query);
    const page = await this.accounts.list(filter, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(ServiceAccountDto.from), nextCursor: page.nextCursor };
  }

  /** Make a service account, which may do nothing yet */
  @Post()
  @RequirePermission('service-accounts:manage')
  async create(
    @CurrentActor() actor: CallerActor,
    @Body() body: CreateServiceAccountDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ServiceAccountDto> {
    const account = await this.changes.create(actor, CreateServiceAccountDto.toNewServiceAccount(body));
    reply.header('ETag', etagOf(account.version));
    return ServiceAccountDto.from(account);
  }

  /** Read one service account */
  @Get(':id')
  @RequirePermission('service-accounts:read')
  async get(
    @Param('id', IdPipe) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ServiceAccountDto> {
    const account = await this.accounts.get(id);
    reply.header('ETag', etagOf(account.version));
    return ServiceAccountDto.from(account);
  }

  /** Edit a service account, hand it over, disable or enable it; needs every permission that it holds */
  @Patch(':id')
  @RequirePermission('service-accounts:manage')
  async update(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: UpdateServiceAccountDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChangedServiceAccountDto> {
    const patch = UpdateServiceAccountDto.toPatch(body);
    const change = await this.changes.update(actor, id, versionFromIfMatch(ifMatch), patch);
    reply.header('ETag', etagOf(change.account.version));
    return ChangedServiceAccountDto.fromChange(change);
  }
}
