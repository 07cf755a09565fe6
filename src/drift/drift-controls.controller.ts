import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { TenantControls } from './controls/tenant-controls.service.js';
import { DriftStatusQueryDto } from './dto/drift-status-query.dto.js';
import { TenantControlDto, TenantControlsDto } from './dto/tenant-control.dto.js';
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import { inQuery, type TenantsInReach, tenantsAsked } from './tenant-access/subject.types.js';

@ApiTags('drift')
@Controller('drift')
export class DriftControlsController {
  constructor(private readonly controls: TenantControls) {}

  /** How the watched tenants stand to the controls of CISA's baseline */
  @Get('controls')
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async list(@Query() query: DriftStatusQueryDto, @InReach() inReach: TenantsInReach): Promise<TenantControlsDto> {
    const controls = await this.controls.list(tenantsAsked(query.tenant, inReach));
    return { items: controls.map(TenantControlDto.from), nextCursor: null };
  }
}
