import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { ChangeDecisions } from './decisions/change-decisions.service.js';
import type { ChangeDecision } from './decisions/decision.types.js';
import { ChangeQueryDto } from './dto/change-query.dto.js';
import { DecideChangeDto, IgnoreChangeDto, ReopenChangeDto, untilOf } from './dto/decide-change.dto.js';
import { DriftChangeDto, DriftChangePageDto } from './dto/drift-change.dto.js';
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import { byId, inQuery, type TenantsInReach } from './tenant-access/subject.types.js';

@ApiTags('drift')
@Controller('drift/changes')
export class DriftChangesController {
  constructor(private readonly changes: ChangeDecisions) {}

  /** List changes, newest first */
  @Get()
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async list(@Query() query: ChangeQueryDto, @InReach() inReach: TenantsInReach): Promise<DriftChangePageDto> {
    const page = await this.changes.list(
      ChangeQueryDto.toFilter(query, inReach),
      PageQueryDto.limitOf(query),
      query.cursor,
    );
    return { items: page.items.map(DriftChangeDto.fromChange), nextCursor: page.nextCursor };
  }

  /** Read one change */
  @Get(':id')
  @DriftAccess('drift:read', byId('change'))
  async get(@Param('id', IdPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<DriftChangeDto> {
    const change = await this.changes.get(id);
    reply.header('ETag', etagOf(change.version));
    return DriftChangeDto.fromChange(change);
  }

  /** Accept a change: the value is as it should be; any other value is a new change */
  @Post(':id/accept')
  @HttpCode(200)
  @DriftAccess('drift:decide', byId('change'))
  accept(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: DecideChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DriftChangeDto> {
    return this.decide(actor, id, ifMatch, { kind: 'accept', reason: body.reason, until: untilOf(body) }, reply);
  }

  /** Set a change aside: it stays in reports and sends no alert */
  @Post(':id/ignore')
  @HttpCode(200)
  @DriftAccess('drift:decide', byId('change'))
  ignore(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: IgnoreChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DriftChangeDto> {
    return this.decide(actor, id, ifMatch, { kind: 'ignore', reason: body.reason, until: untilOf(body) }, reply);
  }

  /** Deny a change: the value must not stand; alerts go on until it is gone */
  @Post(':id/deny')
  @HttpCode(200)
  @DriftAccess('drift:decide', byId('change'))
  deny(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DriftChangeDto> {
    return this.decide(actor, id, ifMatch, { kind: 'deny', reason: body.reason, until: null }, reply);
  }

  /** Take a decision back */
  @Post(':id/reopen')
  @HttpCode(200)
  @DriftAccess('drift:decide', byId('change'))
  reopen(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DriftChangeDto> {
    return this.decide(actor, id, ifMatch, { kind: 'reopen', reason: body.reason, until: null }, reply);
  }

  private async decide(
    actor: CallerActor,
    id: string,
    ifMatch: string | undefined,
    decision: ChangeDecision,
    reply: FastifyReply,
  ): Promise<DriftChangeDto> {
    const change = await this.changes.decide(actor, id, versionFromIfMatch(ifMatch), decision);
    reply.header('ETag', etagOf(change.version));
    return DriftChangeDto.fromChange(change);
  }
}
