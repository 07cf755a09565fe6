import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { PERMISSIONS } from '../../access/permissions.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { AccessCatalogue } from '../catalogue/access-catalogue.service.js';
import { AccessDecisions } from '../decisions/access-decisions.service.js';
import { CheckDto, CheckResultDto } from '../decisions/dto/check.dto.js';
import { isPermission } from '../decisions/evaluate-access.js';
import { rbacError } from '../rbac.errors.js';
import { PermissionPageDto, RoleDto, RolePageDto } from '../roles/dto/role.dto.js';
import { ROOT_SCOPE } from '../scope.js';
import { AssignmentsService } from './assignments.service.js';
import { AssignmentDto, AssignmentPageDto } from './dto/assignment.dto.js';
import { AssignmentQueryDto } from './dto/assignment-query.dto.js';
import { CreateAssignmentDto } from './dto/create-assignment.dto.js';

@ApiTags('rbac')
@Controller('rbac')
export class AssignmentsController {
  constructor(
    private readonly catalogue: AccessCatalogue,
    private readonly rbac: AssignmentsService,
    private readonly decisions: AccessDecisions,
  ) {}

  /** List everything that can be allowed */
  @Get('permissions')
  @RequirePermission('access:read')
  permissions(): PermissionPageDto {
    return { items: this.catalogue.listPermissions(), nextCursor: null };
  }

  /** List the roles */
  @Get('roles')
  @RequirePermission('access:read')
  async roles(): Promise<RolePageDto> {
    return { items: (await this.catalogue.listRoles()).map(RoleDto.from), nextCursor: null };
  }

  /** List what a role holds */
  @Get('roles/:id/permissions')
  @RequirePermission('access:read')
  async rolePermissions(@Param('id', ParseUUIDPipe) id: string): Promise<PermissionPageDto> {
    const names = await this.catalogue.permissionsOfRole(id);
    return { items: names.map((name) => ({ name, description: PERMISSIONS[name] })), nextCursor: null };
  }

  /** List who has which role */
  @Get('assignments')
  @RequirePermission('access:read')
  async assignments(@Query() query: AssignmentQueryDto): Promise<AssignmentPageDto> {
    const page = await this.rbac.listAssignments(
      AssignmentQueryDto.toFilter(query),
      PageQueryDto.limitOf(query),
      query.cursor,
    );
    return { items: page.items.map(AssignmentDto.from), nextCursor: page.nextCursor };
  }

  /** Give a role to a user or service account, or deny it */
  @Post('assignments')
  @RequirePermission('access:manage')
  async assign(@CurrentActor() actor: CallerActor, @Body() body: CreateAssignmentDto): Promise<AssignmentDto> {
    return AssignmentDto.from(await this.rbac.assign(actor, CreateAssignmentDto.toNewAssignment(body)));
  }

  /** Take a role from a user or service account, or lift a denial */
  @Delete('assignments/:id')
  @RequirePermission('access:manage')
  @HttpCode(204)
  async unassign(@CurrentActor() actor: CallerActor, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.rbac.unassign(actor, id);
  }

  /** Ask whether somebody may do something */
  @Post('check')
  @RequirePermission('access:read')
  @HttpCode(200)
  async check(@Body() body: CheckDto): Promise<CheckResultDto> {
    if (!isPermission(body.permission)) {
      throw rbacError('rbac.unknown_permission', {
        errors: [{ pointer: '/permission', code: 'permission', detail: 'not a permission of this service' }],
      });
    }
    return { allowed: await this.decisions.isAllowed(body.subject, body.permission, body.scope ?? ROOT_SCOPE) };
  }
}
