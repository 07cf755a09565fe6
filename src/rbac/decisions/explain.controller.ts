import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { ReadsOnly } from '../../access/reads-only.decorator.js';
import { ExplainDto, ExplanationDto } from './dto/explain.dto.js';
import { ExplainService } from './explain.service.js';

@ApiTags('rbac')
@Controller('rbac')
export class ExplainController {
  constructor(private readonly explanations: ExplainService) {}

  /** Say why somebody may or may not do something, and what would turn the answer */
  @Post('explain')
  @RequirePermission('access:read', { anyScope: true })
  @ReadsOnly()
  @HttpCode(200)
  async explain(@CurrentActor() actor: CallerActor, @Body() body: ExplainDto): Promise<ExplanationDto> {
    return ExplanationDto.from(await this.explanations.explain(actor, ExplainDto.toQuestion(body)));
  }
}
