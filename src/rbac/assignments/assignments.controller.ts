import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { AccessRevisionInterceptor } from '../decisions/access-revision.interceptor.js';
import { AssignmentsService } from './assignments.service.js';
import { AssignmentDto, AssignmentPageDto } from './dto/assignment.dto.js';
import { AssignmentQueryDto } from './dto/assignment-query.dto.js';
import { CreateAssignmentDto } from './dto/create-assignment.dto.js';

@ApiTags('rbac')
@Controller('rbac/assignments')
@UseInterceptors(AccessRevisionInterceptor)
export class AssignmentsController {
  constructor(private readonly assignments: AssignmentsService) {}

  /** List who has which role, on the scopes whose access the caller may see */
  @Get()
  @RequirePermission('access:read', { anyScope: true })
  async list(@CurrentActor() actor: CallerActor, @Query() query: AssignmentQueryDto): Promise<AssignmentPageDto> {
    const page = await this.assignments.listAssignments(
      actor,
      AssignmentQueryDto.toFilter(query),
      PageQueryDto.limitOf(query),
      query.cursor,
    );
    return { items: page.items.map(AssignmentDto.from), nextCursor: page.nextCursor };
  }

  /** Give a role to a user, service account or group on a scope, or deny it */
  @Post()
  @RequirePermission('access:manage', { anyScope: true })
  async assign(@CurrentActor() actor: CallerActor, @Body() body: CreateAssignmentDto): Promise<AssignmentDto> {
    return AssignmentDto.from(await this.assignments.assign(actor, CreateAssignmentDto.toNewAssignment(body)));
  }

  /** Take a role from a user, service account or group, or lift a denial */
  @Delete(':id')
  @RequirePermission('access:manage', { anyScope: true })
  @HttpCode(204)
  async unassign(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<void> {
    await this.assignments.unassign(actor, id);
  }
}
