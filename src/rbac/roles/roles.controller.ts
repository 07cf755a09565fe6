import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { etagOf, versionFromIfMatch } from '../../kernel/etag/etag.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { AccessRevisionInterceptor } from '../decisions/access-revision.interceptor.js';
import { CreateRoleDto, RoleQueryDto, UpdateRoleDto } from './dto/change-role.dto.js';
import { RoleDto, RolePageDto, RoleSummaryDto } from './dto/role.dto.js';
import { RolesService } from './roles.service.js';

@ApiTags('rbac')
@Controller('rbac/roles')
@UseInterceptors(AccessRevisionInterceptor)
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  /** List the roles */
  @Get()
  @RequirePermission('access:read', { anyScope: true })
  async list(@Query() query: RoleQueryDto): Promise<RolePageDto> {
    const page = await this.roles.list(query.name, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(RoleSummaryDto.from), nextCursor: page.nextCursor };
  }

  /** Create a role */
  @Post()
  @RequirePermission('access:manage')
  async create(@CurrentActor() actor: CallerActor, @Body() body: CreateRoleDto): Promise<RoleDto> {
    return RoleDto.from(await this.roles.create(actor, CreateRoleDto.toNewRole(body)));
  }

  /** Read one role */
  @Get(':id')
  @RequirePermission('access:read', { anyScope: true })
  async get(@Param('id', IdPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<RoleDto> {
    const role = await this.roles.get(id);
    reply.header('ETag', etagOf(role.version));
    return RoleDto.from(role);
  }

  /** Change a role: its name, what it holds, what it inherits from, how it is activated */
  @Patch(':id')
  @RequirePermission('access:manage')
  async update(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: UpdateRoleDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RoleDto> {
    const patch = UpdateRoleDto.toPatch(body);
    const role = await this.roles.update(actor, id, versionFromIfMatch(ifMatch), patch);
    reply.header('ETag', etagOf(role.version));
    return RoleDto.from(role);
  }

  /** Delete a role that nothing uses */
  @Delete(':id')
  @RequirePermission('access:manage')
  @HttpCode(204)
  async remove(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.roles.remove(actor, id, versionFromIfMatch(ifMatch));
  }
}
