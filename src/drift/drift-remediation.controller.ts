import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { RemediationPlanDto } from './dto/remediation-plan.dto.js';
import { type PlanFormat, PlanFormatDto, RemediationQueryDto } from './dto/remediation-query.dto.js';
import { RemediationPlans, type TenantPlan } from './remediation/remediation-plans.service.js';
import { renderPlan } from './remediation/render-plan.js';
import { renderPowerShell } from './remediation/render-powershell.js';
import { DriftAccess } from './tenant-access/drift-access.decorator.js';
import { byId, inQuery } from './tenant-access/subject.types.js';

const TEXT = 'text/plain; charset=utf-8';

@ApiTags('drift')
@Controller('drift')
export class DriftRemediationController {
  constructor(private readonly plans: RemediationPlans) {}

  /** How one change is undone: the Graph requests and the PowerShell, handed over */
  @Get('changes/:id/remediation')
  @DriftAccess('drift:read', byId('change'))
  @ApiOkResponse({ type: RemediationPlanDto })
  async ofChange(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Query() query: PlanFormatDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RemediationPlanDto | string> {
    return written(await this.plans.ofChanges(actor, [id]), query.format, id, reply);
  }

  /** How several changes, or all open ones of a report, are undone, in the order that it takes */
  @Get('remediation')
  @DriftAccess('drift:read', inQuery('change', 'change'), inQuery('report', 'report'))
  @ApiOkResponse({ type: RemediationPlanDto })
  async ofSeveral(
    @CurrentActor() actor: CallerActor,
    @Query() query: RemediationQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RemediationPlanDto | string> {
    const subject = RemediationQueryDto.subjectOf(query);
    if ('report' in subject)
      return written(await this.plans.ofReport(actor, subject.report), query.format, subject.report, reply);
    return written(await this.plans.ofChanges(actor, subject.changes), query.format, 'changes', reply);
  }
}

function written(
  plan: TenantPlan,
  format: PlanFormat = 'json',
  name: string,
  reply: FastifyReply,
): RemediationPlanDto | string {
  if (format === 'json') return RemediationPlanDto.from(plan);
  const isScript = format === 'powershell';
  // As a file: no browser shall run or guess at what a tenant's names are part of.
  reply
    .type(TEXT)
    .header('content-disposition', `attachment; filename="remediation-${name}.${isScript ? 'ps1' : 'txt'}"`);
  return isScript ? renderPowerShell(plan.plan) : renderPlan(plan.plan);
}
