import { Body, Controller, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import type { ProposalKind } from './decisions/proposal.types.js';
import { ReopenChangeDto } from './dto/decide-change.dto.js';
import { ProposalDto } from './dto/proposal.dto.js';
import { ProposeSettingDto } from './dto/setting-proposal.dto.js';
import { Proposals } from './proposals.service.js';
import { DriftAccess } from './tenant-access/drift-access.decorator.js';
import { byId, inBody } from './tenant-access/subject.types.js';

const SETTINGS: readonly ProposalKind[] = ['rule-override', 'change-window', 'tenant-settings', 'tenant-connection'];

/** What would make grave drift harmless, or let one person settle it: by those who manage tenants, two of them. */
@ApiTags('drift')
@Controller('drift/setting-proposals')
export class DriftSettingProposalsController {
  constructor(private readonly proposals: Proposals) {}

  /** Propose an override, a change window, a setting or the connection of a tenant to a second person */
  @Post()
  @DriftAccess(
    'tenants:manage',
    inBody('tenant', 'ruleOverride.tenant'),
    inBody('tenant', 'ruleRestoration.tenant'),
    inBody('tenant', 'changeWindow.tenant'),
    inBody('change-window', 'windowWithdrawal.window'),
    inBody('tenant', 'tenantSettings.tenant'),
    inBody('tenant', 'tenantConnection.tenant'),
  )
  async propose(
    @CurrentActor() actor: CallerActor,
    @Body() body: ProposeSettingDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProposalDto> {
    return tagged(ProposalDto.from(await this.proposals.propose(actor, ProposeSettingDto.toProposal(body))), reply);
  }

  /** Approve what somebody else proposed: it holds at once */
  @Post(':id/approve')
  @HttpCode(200)
  @DriftAccess('tenants:manage', byId('proposal'))
  async approve(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { reason }: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProposalDto> {
    const version = versionFromIfMatch(ifMatch);
    return tagged(ProposalDto.from(await this.proposals.approve(actor, id, version, reason, SETTINGS)), reply);
  }

  /** Decline what somebody else proposed */
  @Post(':id/decline')
  @HttpCode(200)
  @DriftAccess('tenants:manage', byId('proposal'))
  async decline(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { reason }: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProposalDto> {
    const version = versionFromIfMatch(ifMatch);
    return tagged(ProposalDto.from(await this.proposals.decline(actor, id, version, reason, SETTINGS)), reply);
  }
}

function tagged(proposal: ProposalDto, reply: FastifyReply): ProposalDto {
  reply.header('ETag', etagOf(proposal.version));
  return proposal;
}
