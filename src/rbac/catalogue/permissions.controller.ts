import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../access/access.decorators.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { AccessCatalogue } from './access-catalogue.service.js';
import {
  PermissionDto,
  PermissionPageDto,
  PermissionQueryDto,
  RolePermissionDto,
  RolePermissionPageDto,
} from './dto/permission.dto.js';

@ApiTags('rbac')
@Controller('rbac')
export class PermissionsController {
  constructor(private readonly catalogue: AccessCatalogue) {}

  /** List everything that can be allowed */
  @Get('permissions')
  @RequirePermission('access:read', { anyScope: true })
  async permissions(@Query() query: PermissionQueryDto): Promise<PermissionPageDto> {
    const page = await this.catalogue.listPermissions(query.namespace, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(PermissionDto.from), nextCursor: page.nextCursor };
  }

  /** List what a role holds, itself and by inheritance */
  @Get('roles/:id/permissions')
  @RequirePermission('access:read', { anyScope: true })
  async ofRole(@Param('id', IdPipe) id: string, @Query() query: PageQueryDto): Promise<RolePermissionPageDto> {
    const page = await this.catalogue.permissionsOfRole(id, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(RolePermissionDto.from), nextCursor: page.nextCursor };
  }
}
