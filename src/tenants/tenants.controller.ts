import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { CreateTenantDto, UpdateTenantDto } from './dto/create-tenant.dto.js';
import { TenantDto, TenantPageDto } from './dto/tenant.dto.js';
import { TenantsService } from './tenants.service.js';

@ApiTags('tenants')
@Controller('tenants')
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  /** List the watched tenants */
  @Get()
  @RequirePermission('tenants:read')
  async list(@Query() query: PageQueryDto): Promise<TenantPageDto> {
    const page = await this.tenants.list(PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(TenantDto.from), nextCursor: page.nextCursor };
  }

  /** Watch another tenant */
  @Post()
  @RequirePermission('tenants:manage')
  async create(@CurrentActor() actor: CallerActor, @Body() body: CreateTenantDto): Promise<TenantDto> {
    return TenantDto.from(await this.tenants.create(actor, CreateTenantDto.toNewTenant(body)));
  }

  /** Read one tenant */
  @Get(':id')
  @RequirePermission('tenants:read')
  async get(@Param('id', IdPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<TenantDto> {
    const tenant = await this.tenants.get(id);
    reply.header('ETag', etagOf(tenant.version));
    return TenantDto.from(tenant);
  }

  /** Change a tenant's schedule or access */
  @Patch(':id')
  @RequirePermission('tenants:manage')
  async update(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: UpdateTenantDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantDto> {
    const tenant = await this.tenants.update(actor, id, versionFromIfMatch(ifMatch), UpdateTenantDto.toPatch(body));
    reply.header('ETag', etagOf(tenant.version));
    return TenantDto.from(tenant);
  }
}
