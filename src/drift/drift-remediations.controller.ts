import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { ReopenChangeDto } from './dto/decide-change.dto.js';
import {
  RemediationDetailsDto,
  RemediationDto,
  RemediationPageDto,
  RequestRemediationDto,
} from './dto/remediation.dto.js';
import { TenantPageQueryDto } from './dto/tenant-page-query.dto.js';
import type { RemediationDetails } from './remediation/remediation.types.js';
import { Remediations } from './remediation/remediations.service.js';
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import { byId, inBody, inQuery, type TenantsInReach, tenantsAsked } from './tenant-access/subject.types.js';

/** Executions of plans. */
@ApiTags('drift')
@Controller('drift/remediations')
export class DriftRemediationsController {
  constructor(private readonly remediations: Remediations) {}

  /** List executions of plans, newest first */
  @Get()
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async list(@InReach() inReach: TenantsInReach, @Query() query: TenantPageQueryDto): Promise<RemediationPageDto> {
    const tenants = tenantsAsked(query.tenant, inReach);
    const page = await this.remediations.list(tenants, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(RemediationDto.from), nextCursor: page.nextCursor };
  }

  /** Read one with its plan and what became of it; the reading is on record */
  @Get(':id')
  @DriftAccess('drift:read', byId('remediation'))
  async get(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RemediationDetailsDto> {
    return tagged(await this.remediations.get(actor, id), reply);
  }

  /** Ask that the plan for some changes be executed; a second person has to approve it */
  @Post()
  @DriftAccess('drift:remediate', inBody('change', 'changeIds'))
  async request(
    @CurrentActor() actor: CallerActor,
    @Body() body: RequestRemediationDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RemediationDetailsDto> {
    return tagged(await this.remediations.request(actor, RequestRemediationDto.toRequest(body)), reply);
  }

  /** Approve what somebody else asked for: it is carried out next */
  @Post(':id/approve')
  @HttpCode(200)
  @DriftAccess('drift:remediate', byId('remediation'))
  async approve(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { reason }: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RemediationDetailsDto> {
    return tagged(await this.remediations.approve(actor, id, versionFromIfMatch(ifMatch), reason), reply);
  }

  /** Decline it before it begins, or take back what one asked for oneself */
  @Post(':id/decline')
  @HttpCode(200)
  @DriftAccess('drift:remediate', byId('remediation'))
  async decline(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { reason }: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RemediationDetailsDto> {
    return tagged(await this.remediations.decline(actor, id, versionFromIfMatch(ifMatch), reason), reply);
  }
}

function tagged(found: RemediationDetails, reply: FastifyReply): RemediationDetailsDto {
  reply.header('ETag', etagOf(found.version));
  return RemediationDetailsDto.fromDetails(found);
}
