import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { DriftRulesDto, RuleOverrideDto } from './dto/drift-rule.dto.js';
import { DriftStatusQueryDto } from './dto/drift-status-query.dto.js';
import { OverrideRuleDto, RuleOverrideQueryDto } from './dto/override-rule.dto.js';
import { RuleOverrides } from './overrides/rule-overrides.service.js';
import { DriftAccess } from './tenant-access/drift-access.decorator.js';
import { inQuery } from './tenant-access/subject.types.js';

@ApiTags('drift')
@Controller('drift/rules')
export class DriftRulesController {
  constructor(private readonly rules: RuleOverrides) {}

  /** List the rules that give changes their severity; of a tenant, as they hold there */
  @Get()
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async list(@Query() query: DriftStatusQueryDto): Promise<DriftRulesDto> {
    return DriftRulesDto.from(await this.rules.list(query.tenant ?? null));
  }

  /** Make a rule hold otherwise for a tenant; If-Match "0" where nobody did before */
  @Put(':rule/override')
  @DriftAccess('tenants:manage', inQuery('tenant', 'tenant'))
  async override(
    @CurrentActor() actor: CallerActor,
    @Param('rule') rule: string,
    @Query() query: RuleOverrideQueryDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: OverrideRuleDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleOverrideDto> {
    const change = OverrideRuleDto.toChange(rule, body);
    const override = await this.rules.set(actor, query.tenant, versionFromIfMatch(ifMatch), change);
    reply.header('ETag', etagOf(override.version));
    return RuleOverrideDto.from(override);
  }

  /** Let a rule hold for a tenant as it comes */
  @Delete(':rule/override')
  @HttpCode(204)
  @DriftAccess('tenants:manage', inQuery('tenant', 'tenant'))
  remove(
    @CurrentActor() actor: CallerActor,
    @Param('rule') rule: string,
    @Query() query: RuleOverrideQueryDto,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    return this.rules.remove(actor, query.tenant, rule, versionFromIfMatch(ifMatch));
  }
}
