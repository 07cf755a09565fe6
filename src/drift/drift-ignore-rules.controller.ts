import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { IgnoreRules } from './decisions/ignore-rules.service.js';
import { ReopenChangeDto } from './dto/decide-change.dto.js';
import { CreateIgnoreRuleDto, IgnoreRuleDto, IgnoreRulePageDto } from './dto/ignore-rule.dto.js';
import { TenantPageQueryDto } from './dto/tenant-page-query.dto.js';

@ApiTags('drift')
@Controller('drift/ignore-rules')
export class DriftIgnoreRulesController {
  constructor(private readonly rules: IgnoreRules) {}

  /** List the rules that ignore, newest first, also those that are over */
  @Get()
  @RequirePermission('drift:read')
  async list(@Query() query: TenantPageQueryDto): Promise<IgnoreRulePageDto> {
    const page = await this.rules.list(query.tenant ?? null, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(IgnoreRuleDto.from), nextCursor: page.nextCursor };
  }

  /** Read one rule that ignores */
  @Get(':id')
  @RequirePermission('drift:read')
  async get(@Param('id', IdPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<IgnoreRuleDto> {
    const rule = await this.rules.get(id);
    reply.header('ETag', etagOf(rule.version));
    return IgnoreRuleDto.from(rule);
  }

  /** Ignore an object or a path from the next scan on */
  @Post()
  @RequirePermission('drift:decide')
  async create(@CurrentActor() actor: CallerActor, @Body() body: CreateIgnoreRuleDto): Promise<IgnoreRuleDto> {
    return IgnoreRuleDto.from(await this.rules.create(actor, CreateIgnoreRuleDto.toRule(body)));
  }

  /** Withdraw a rule: what it ignored is open again from the next scan on */
  @Post(':id/withdraw')
  @HttpCode(200)
  @RequirePermission('drift:decide')
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
