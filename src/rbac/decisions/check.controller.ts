import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { ReadsOnly } from '../../access/reads-only.decorator.js';
import { DEFAULT_PAGE_SIZE } from '../../kernel/paging/cursor.js';
import { ROOT_SCOPE } from '../scope.js';
import { AccessDecisions, type Demands } from './access-decisions.service.js';
import { AskingCaller } from './asking-caller.service.js';
import type { QuestionMatrix } from './bulk-answers.js';
import {
  CheckBulkDto,
  CheckBulkResultDto,
  CheckDto,
  CheckMatrixResultDto,
  CheckResultDto,
  QuestionDto,
} from './dto/check.dto.js';
import { CheckMatrixDto } from './dto/check-matrix.dto.js';
import { ListScopesDto, ListScopesResultDto, ListSubjectsDto, ListSubjectsResultDto } from './dto/list-access.dto.js';
import { MAX_BULK_BYTES } from './read-check.js';
import { SubjectList } from './subject-list.service.js';

@ApiTags('rbac')
@Controller('rbac')
export class CheckController {
  constructor(
    private readonly decisions: AccessDecisions,
    private readonly caller: AskingCaller,
    private readonly subjects: SubjectList,
  ) {}

  /** Ask whether somebody may do something */
  @Post('check')
  @RequirePermission('access:check', { anyScope: true })
  @ReadsOnly()
  @HttpCode(200)
  async check(@CurrentActor() actor: CallerActor, @Body() body: CheckDto): Promise<CheckResultDto> {
    const question = QuestionDto.toQuestion(body);
    await this.caller.assertMayAsk(actor, 'access:check', 'POST /rbac/check', () => [question.scope]);
    return this.decisions.check(question, body);
  }

  /** Ask many such questions at once, listed or as a matrix, decided at one revision */
  @Post('check-bulk')
  @RequirePermission('access:check', { anyScope: true })
  @ReadsOnly()
  @RouteConfig({ bodyLimit: MAX_BULK_BYTES })
  @HttpCode(200)
  @ApiExtraModels(CheckBulkResultDto, CheckMatrixResultDto)
  @ApiOkResponse({
    schema: { oneOf: [CheckBulkResultDto, CheckMatrixResultDto].map((dto) => ({ $ref: getSchemaPath(dto) })) },
  })
  async checkBulk(
    @CurrentActor() actor: CallerActor,
    @Body() body: CheckBulkDto,
  ): Promise<CheckBulkResultDto | CheckMatrixResultDto> {
    if (body.matrix !== undefined) return this.checkMatrix(actor, CheckMatrixDto.toMatrix(body.matrix), body);
    const questions = (body.checks ?? []).map(QuestionDto.toQuestion);
    await this.assertMayAskInBulk(actor, () => questions.map(({ scope }) => scope));
    return this.decisions.checkMany(questions, body);
  }

  /** Ask where somebody may do something */
  @Post('list-scopes')
  @RequirePermission('access:read')
  @ReadsOnly()
  @HttpCode(200)
  listScopes(@Body() body: ListScopesDto): Promise<ListScopesResultDto> {
    return this.decisions.listScopes({ subjectId: body.subject, permission: body.permission }, body);
  }

  /** Ask who may do something, page by page */
  @Post('list-subjects')
  @RequirePermission('access:read', { anyScope: true })
  @ReadsOnly()
  @HttpCode(200)
  async listSubjects(
    @CurrentActor() actor: CallerActor,
    @Body() body: ListSubjectsDto,
  ): Promise<ListSubjectsResultDto> {
    const { permission, scope = ROOT_SCOPE, limit = DEFAULT_PAGE_SIZE, cursor } = body;
    await this.caller.assertMayAsk(actor, 'access:read', 'POST /rbac/list-subjects', () => [scope]);
    return this.subjects.list(permission, scope, limit, cursor);
  }

  private async checkMatrix(
    actor: CallerActor,
    matrix: QuestionMatrix,
    demands: Demands,
  ): Promise<CheckMatrixResultDto> {
    await this.assertMayAskInBulk(actor, () => matrix.scopes);
    const { allowed, revision } = await this.decisions.checkMatrix(matrix, demands);
    return { revision, rows: allowed };
  }

  private assertMayAskInBulk(actor: CallerActor, scopes: () => readonly string[]): Promise<void> {
    return this.caller.assertMayAsk(actor, 'access:check', 'POST /rbac/check-bulk', scopes);
  }
}
