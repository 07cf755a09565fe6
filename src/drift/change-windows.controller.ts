import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { AddChangeWindowDto, ChangeWindowDto, ChangeWindowsDto } from './dto/change-window.dto.js';
import { DriftStatusQueryDto } from './dto/drift-status-query.dto.js';
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import { byId, inBody, inQuery, type TenantsInReach, tenantsAsked } from './tenant-access/subject.types.js';
import { ChangeWindows } from './windows/change-windows.service.js';

@ApiTags('drift')
@Controller('drift/change-windows')
export class ChangeWindowsController {
  constructor(private readonly windows: ChangeWindows) {}

  /** List the windows in which changes are expected */
  @Get()
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async list(@Query() query: DriftStatusQueryDto, @InReach() inReach: TenantsInReach): Promise<ChangeWindowsDto> {
    const windows = await this.windows.list(tenantsAsked(query.tenant, inReach));
    return { items: windows.map(ChangeWindowDto.from), nextCursor: null };
  }

  /** Approve a window in which changes are expected */
  @Post()
  @DriftAccess('tenants:manage', inBody('tenant', 'tenant'))
  async add(@CurrentActor() actor: CallerActor, @Body() body: AddChangeWindowDto): Promise<ChangeWindowDto> {
    return ChangeWindowDto.from(await this.windows.add(actor, AddChangeWindowDto.toWindow(body)));
  }

  /** Withdraw a window; changes that were made in it stay judged by it */
  @Delete(':id')
  @HttpCode(204)
  @DriftAccess('tenants:manage', byId('change-window'))
  remove(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<void> {
    return this.windows.remove(actor, id);
  }
}
