import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Put, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { SetConnectionDto, ShownConnectionDto, TenantConnectionDto } from './dto/tenant-connection.dto.js';
import { TenantConnections } from './tenant-connections.service.js';

@ApiTags('tenants')
@Controller('tenants/:id/connection')
export class TenantConnectionsController {
  constructor(private readonly connections: TenantConnections) {}

  /** Read what a tenant is read with */
  @Get()
  @RequirePermission('tenants:read')
  async get(
    @Param('id', IdPipe) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantConnectionDto> {
    const state = await this.connections.state(id);
    reply.header('ETag', etagOf(state.version));
    return TenantConnectionDto.from(state);
  }

  /** Read a tenant with an application of its own, or renew that application's credential */
  @Put()
  @RequirePermission('tenants:manage')
  async set(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: SetConnectionDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantConnectionDto> {
    const connection = SetConnectionDto.toNewConnection(body);
    const state = await this.connections.set(actor, id, versionFromIfMatch(ifMatch), connection);
    reply.header('ETag', etagOf(state.version));
    return TenantConnectionDto.from(state);
  }

  /** Read a tenant with the installation’s application again */
  @Delete()
  @HttpCode(204)
  @RequirePermission('tenants:manage')
  remove(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    return this.connections.remove(actor, id, versionFromIfMatch(ifMatch));
  }

  /** Hand in a connection that a second person has to approve */
  @Post('candidates')
  @RequirePermission('tenants:manage')
  async offer(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Body() body: SetConnectionDto,
  ): Promise<ShownConnectionDto> {
    return ShownConnectionDto.from(await this.connections.offer(actor, id, SetConnectionDto.toNewConnection(body)));
  }

  /** Take back a connection that waits for a second person */
  @Delete('candidates/:candidateId')
  @HttpCode(204)
  @RequirePermission('tenants:manage')
  withdraw(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Param('candidateId', IdPipe) candidateId: string,
  ): Promise<void> {
    return this.connections.withdraw(actor, id, candidateId);
  }
}
