import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { AccessRevisionInterceptor } from '../decisions/access-revision.interceptor.js';
import {
  CreateEligibleAssignmentDto,
  EligibleAssignmentDto,
  EligibleAssignmentPageDto,
  EligibleQueryDto,
} from './dto/eligible-assignment.dto.js';
import { EligibleAssignmentsService } from './eligible-assignments.service.js';

@ApiTags('rbac')
@Controller('rbac/eligible-assignments')
@UseInterceptors(AccessRevisionInterceptor)
export class EligibleAssignmentsController {
  constructor(private readonly eligible: EligibleAssignmentsService) {}

  /** List who may activate which role, on the scopes whose access the caller may see */
  @Get()
  @RequirePermission('access:read', { anyScope: true })
  async list(@CurrentActor() actor: CallerActor, @Query() query: EligibleQueryDto): Promise<EligibleAssignmentPageDto> {
    const filter = EligibleQueryDto.toFilter(query);
    const page = await this.eligible.list(actor, filter, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(EligibleAssignmentDto.from), nextCursor: page.nextCursor };
  }

  /** List what the caller may activate */
  @Get('mine')
  @Authenticated()
  async listOwn(@CurrentActor() actor: CallerActor, @Query() query: PageQueryDto): Promise<EligibleAssignmentPageDto> {
    const page = await this.eligible.listOwn(actor, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(EligibleAssignmentDto.from), nextCursor: page.nextCursor };
  }

  /** Let a user, or the members of a group, activate a role on a scope */
  @Post()
  @RequirePermission('access:manage', { anyScope: true })
  async create(
    @CurrentActor() actor: CallerActor,
    @Body() body: CreateEligibleAssignmentDto,
  ): Promise<EligibleAssignmentDto> {
    return EligibleAssignmentDto.from(await this.eligible.create(actor, CreateEligibleAssignmentDto.toNew(body)));
  }

  /** Read one eligible assignment */
  @Get(':id')
  @RequirePermission('access:read', { anyScope: true })
  async get(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<EligibleAssignmentDto> {
    return EligibleAssignmentDto.from(await this.eligible.get(actor, id));
  }

  /** Remove an eligible assignment, and end what was activated by it */
  @Delete(':id')
  @RequirePermission('access:manage', { anyScope: true })
  @HttpCode(204)
  async remove(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<void> {
    await this.eligible.remove(actor, id);
  }
}
