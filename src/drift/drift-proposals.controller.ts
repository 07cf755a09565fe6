import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import type { ProposalKind } from './decisions/proposal.types.js';
import { ReopenChangeDto } from './dto/decide-change.dto.js';
import {
  ProposalDto,
  ProposalPageDto,
  ProposeDecisionDto,
  ProposedBaselineDto,
  proposalOfBaseline,
} from './dto/proposal.dto.js';
import { TenantPageQueryDto } from './dto/tenant-page-query.dto.js';
import { Proposals } from './proposals.service.js';
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import { byId, inBody, inQuery, type TenantsInReach, tenantsAsked } from './tenant-access/subject.types.js';

const DECISIONS: readonly ProposalKind[] = ['decision', 'ignore-rule'];
const BASELINES: readonly ProposalKind[] = ['baseline'];

/** Decisions and rules are approved by whoever may decide, baselines by whoever may approve those. */
@ApiTags('drift')
@Controller('drift')
export class DriftProposalsController {
  constructor(private readonly proposals: Proposals) {}

  /** List what waits or waited for a second person, newest first */
  @Get('proposals')
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async list(@Query() query: TenantPageQueryDto, @InReach() inReach: TenantsInReach): Promise<ProposalPageDto> {
    const page = await this.proposals.list(
      tenantsAsked(query.tenant, inReach),
      PageQueryDto.limitOf(query),
      query.cursor,
    );
    return { items: page.items.map(ProposalDto.from), nextCursor: page.nextCursor };
  }

  /** Read one proposal */
  @Get('proposals/:id')
  @DriftAccess('drift:read', byId('proposal'))
  async get(@Param('id', IdPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<ProposalDto> {
    return tagged(ProposalDto.from(await this.proposals.get(id)), reply);
  }

  /** Propose a decision or a rule that ignores to a second person */
  @Post('proposals')
  @DriftAccess('drift:decide', inBody('change', 'decision.changeId'), inBody('tenant', 'ignoreRule.tenant'))
  async propose(
    @CurrentActor() actor: CallerActor,
    @Body() body: ProposeDecisionDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProposalDto> {
    return tagged(ProposalDto.from(await this.proposals.propose(actor, ProposeDecisionDto.toProposal(body))), reply);
  }

  /** Approve what somebody else proposed: it is so at once */
  @Post('proposals/:id/approve')
  @HttpCode(200)
  @DriftAccess('drift:decide', byId('proposal'))
  async approve(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { reason }: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProposalDto> {
    return tagged(
      ProposalDto.from(await this.proposals.approve(actor, id, versionFromIfMatch(ifMatch), reason, DECISIONS)),
      reply,
    );
  }

  /** Decline what somebody else proposed */
  @Post('proposals/:id/decline')
  @HttpCode(200)
  @DriftAccess('drift:decide', byId('proposal'))
  async decline(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { reason }: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProposalDto> {
    return tagged(
      ProposalDto.from(await this.proposals.decline(actor, id, versionFromIfMatch(ifMatch), reason, DECISIONS)),
      reply,
    );
  }

  /** Take back what one proposed oneself */
  @Post('proposals/:id/withdraw')
  @HttpCode(200)
  @DriftAccess('drift:read', byId('proposal'))
  async withdraw(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { reason }: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProposalDto> {
    return tagged(
      ProposalDto.from(await this.proposals.withdraw(actor, id, versionFromIfMatch(ifMatch), reason)),
      reply,
    );
  }

  /** Propose the approval of a baseline to a second person */
  @Post('baseline-proposals')
  @DriftAccess('baseline:approve', inBody('snapshot', 'snapshotId'), inBody('change', 'changeIds'))
  async proposeBaseline(
    @CurrentActor() actor: CallerActor,
    @Body() body: ProposedBaselineDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProposalDto> {
    return tagged(ProposalDto.from(await this.proposals.propose(actor, proposalOfBaseline(body))), reply);
  }

  /** Approve the baseline that somebody else proposed: it is in force at once */
  @Post('baseline-proposals/:id/approve')
  @HttpCode(200)
  @DriftAccess('baseline:approve', byId('proposal'))
  async approveBaseline(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { reason }: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProposalDto> {
    return tagged(
      ProposalDto.from(await this.proposals.approve(actor, id, versionFromIfMatch(ifMatch), reason, BASELINES)),
      reply,
    );
  }

  /** Decline the baseline that somebody else proposed */
  @Post('baseline-proposals/:id/decline')
  @HttpCode(200)
  @DriftAccess('baseline:approve', byId('proposal'))
  async declineBaseline(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { reason }: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProposalDto> {
    return tagged(
      ProposalDto.from(await this.proposals.decline(actor, id, versionFromIfMatch(ifMatch), reason, BASELINES)),
      reply,
    );
  }
}

function tagged(proposal: ProposalDto, reply: FastifyReply): ProposalDto {
  reply.header('ETag', etagOf(proposal.version));
  return proposal;
}
