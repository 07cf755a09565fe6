import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { AccessRevisionInterceptor } from '../decisions/access-revision.interceptor.js';
import { ActivationApproval } from './activation-approval.service.js';
import { ActivationsService } from './activations.service.js';
import { ActivationDto, ActivationPageDto } from './dto/activation.dto.js';
import { ActivationQueryDto, DecideActivationDto, RequestActivationDto } from './dto/request-activation.dto.js';

@ApiTags('rbac')
@Controller('rbac/activations')
@UseInterceptors(AccessRevisionInterceptor)
export class ActivationsController {
  constructor(
    private readonly activations: ActivationsService,
    private readonly approval: ActivationApproval,
  ) {}

  /** List the caller's activations, and others' on the scopes where the caller reads access or approves */
  @Get()
  @Authenticated()
  async list(@CurrentActor() actor: CallerActor, @Query() query: ActivationQueryDto): Promise<ActivationPageDto> {
    const filter = ActivationQueryDto.toFilter(query);
    const page = await this.activations.list(actor, filter, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(ActivationDto.from), nextCursor: page.nextCursor };
  }

  /** Activate a role that the caller is eligible for, or ask for it where it needs approval */
  @Post()
  @Authenticated()
  async request(@CurrentActor() actor: CallerActor, @Body() body: RequestActivationDto): Promise<ActivationDto> {
    return ActivationDto.from(await this.activations.request(actor, RequestActivationDto.toRequest(body)));
  }

  /** Read one activation */
  @Get(':id')
  @Authenticated()
  async get(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<ActivationDto> {
    return ActivationDto.from(await this.activations.get(actor, id));
  }

  /** Approve what somebody else asked to activate */
  @Post(':id/approve')
  @RequirePermission('access:approve', { anyScope: true })
  @HttpCode(200)
  async approve(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Body() body: DecideActivationDto,
  ): Promise<ActivationDto> {
    return ActivationDto.from(await this.approval.approve(actor, id, body.reason));
  }

  /** Deny what somebody else asked to activate */
  @Post(':id/deny')
  @RequirePermission('access:approve', { anyScope: true })
  @HttpCode(200)
  async deny(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Body() body: DecideActivationDto,
  ): Promise<ActivationDto> {
    return ActivationDto.from(await this.approval.deny(actor, id, body.reason));
  }

  /** Cancel a request, or end an activation before its time */
  @Delete(':id')
  @Authenticated()
  @HttpCode(204)
  async end(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<void> {
    await this.activations.end(actor, id);
  }
}
