import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../access/access.decorators.js';
import { TenantControls } from './controls/tenant-controls.service.js';
import { DriftStatusQueryDto } from './dto/drift-status-query.dto.js';
import { TenantControlDto, TenantControlsDto } from './dto/tenant-control.dto.js';

@ApiTags('drift')
@Controller('drift')
export class DriftControlsController {
  constructor(private readonly controls: TenantControls) {}

  /** How the watched tenants stand to the controls of CISA's baseline */
  @Get('controls')
  @RequirePermission('drift:read')
  async list(@Query() query: DriftStatusQueryDto): Promise<TenantControlsDto> {
    const controls = await this.controls.list(query.tenant ?? null);
    return { items: controls.map(TenantControlDto.from), nextCursor: null };
  }
}
