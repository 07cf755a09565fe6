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
  Put,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { etagOf, versionFromIfMatch } from '../../kernel/etag/etag.js';
import { AccessRevisionInterceptor } from '../decisions/access-revision.interceptor.js';
import {
  CreateNamespaceDto,
  NamespaceDto,
  NamespacePageDto,
  RegisteredPermissionsDto,
  RegisterPermissionsDto,
  UpdateNamespaceDto,
} from './dto/namespace.dto.js';
import { NamespacesService } from './namespaces.service.js';

@ApiTags('rbac')
@Controller('rbac/namespaces')
@UseInterceptors(AccessRevisionInterceptor)
export class NamespacesController {
  constructor(private readonly namespaces: NamespacesService) {}

  /** List the namespaces of other applications */
  @Get()
  @RequirePermission('access:read', { anyScope: true })
  async list(): Promise<NamespacePageDto> {
    return { items: (await this.namespaces.list()).map(NamespaceDto.from), nextCursor: null };
  }

  /** Make a namespace for the permissions of an application */
  @Post()
  @RequirePermission('access:manage')
  async create(@CurrentActor() actor: CallerActor, @Body() body: CreateNamespaceDto): Promise<NamespaceDto> {
    return NamespaceDto.from(await this.namespaces.create(actor, CreateNamespaceDto.toNewNamespace(body)));
  }

  /** Read one namespace */
  @Get(':name')
  @RequirePermission('access:read', { anyScope: true })
  async get(@Param('name') name: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<NamespaceDto> {
    const namespace = await this.namespaces.get(name);
    reply.header('ETag', etagOf(namespace.version));
    return NamespaceDto.from(namespace);
  }

  /** Rename a namespace or hand it to another program */
  @Patch(':name')
  @RequirePermission('access:manage')
  async update(
    @CurrentActor() actor: CallerActor,
    @Param('name') name: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: UpdateNamespaceDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NamespaceDto> {
    const patch = UpdateNamespaceDto.toPatch(body);
    const namespace = await this.namespaces.update(actor, name, versionFromIfMatch(ifMatch), patch);
    reply.header('ETag', etagOf(namespace.version));
    return NamespaceDto.from(namespace);
  }

  /** Delete a namespace and its permissions, when no role holds any */
  @Delete(':name')
  @RequirePermission('access:manage')
  @HttpCode(204)
  async remove(
    @CurrentActor() actor: CallerActor,
    @Param('name') name: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.namespaces.remove(actor, name, versionFromIfMatch(ifMatch));
  }

  /**
   * Register the permissions of an application: exactly these, at every start of it
   *
   * For the program whose namespace it is, and for who also holds `access:manage`. The same again changes nothing.
   */
  @Put(':name/permissions')
  @RequirePermission('permissions:register')
  async register(
    @CurrentActor() actor: CallerActor,
    @Param('name') name: string,
    @Body() body: RegisterPermissionsDto,
  ): Promise<RegisteredPermissionsDto> {
    return { items: await this.namespaces.register(actor, name, body.permissions), nextCursor: null };
  }
}
