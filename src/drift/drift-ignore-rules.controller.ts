import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { IgnoreRules } from './decisions/ignore-rules.service.js';
import { ReopenChangeDto } from './dto/decide-change.dto.js';
import { CreateIgnoreRuleDto, IgnoreRuleDto, IgnoreRulePageDto } from './dto/ignore-rule.dto.js';
import { TenantPageQueryDto } from './dto/tenant-page-query.dto.js';
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import { byId, inBody, inQuery, type TenantsInReach, tenantsAsked } from './tenant-access/subject.types.js';

@ApiTags('drift')
@Controller('drift/ignore-rules')
export class DriftIgnoreRulesController {
  constructor(private readonly rules: IgnoreRules) {}

  /** List the rules that ignore, newest first, also those that are over */
  @Get()
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async list(@Query() query: TenantPageQueryDto, @InReach() inReach: TenantsInReach): Promise<IgnoreRulePageDto> {
    const page = await this.rules.list(tenantsAsked(query.tenant, inReach), PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(IgnoreRuleDto.from), nextCursor: page.nextCursor };
  }

  /** Read one rule that ignores */
  @Get(':id')
  @DriftAccess('drift:read', byId('ignore-rule'))
  async get(@Param('id', IdPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<IgnoreRuleDto> {
    const rule = await this.rules.get(id);
    reply.header('ETag', etagOf(rule.version));
    return IgnoreRuleDto.from(rule);
  }

  /** Ignore an object or a path from the next scan on */
  @Post()
  @DriftAccess('drift:decide', inBody('tenant', 'tenant'))
  async create(@CurrentActor() actor: CallerActor, @Body() body: CreateIgnoreRuleDto): Promise<IgnoreRuleDto> {
    return IgnoreRuleDto.from(await this.rules.create(actor, CreateIgnoreRuleDto.toRule(body)));
  }

  /** Withdraw a rule: what it ignored is open again from the next scan on */
  @Post(':id/withdraw')
  @HttpCode(200)
  @DriftAccess('drift:decide', byId('ignore-rule'))
  async withdraw(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: ReopenChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IgnoreRuleDto> {
    const rule = await this.rules.withdraw(actor, id, versionFromIfMatch(ifMatch), body.reason);
    reply.header('ETag', etagOf(rule.version));
    return IgnoreRuleDto.from(rule);
  }
}
