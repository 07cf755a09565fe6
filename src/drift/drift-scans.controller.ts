import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { DriftScans } from './drift-scans.service.js';
import { DriftStatusDto, TenantDriftStatusDto } from './dto/drift-status.dto.js';
import { DriftStatusQueryDto } from './dto/drift-status-query.dto.js';
import { ScanDto, ScanPageDto, StartedScanDto } from './dto/scan.dto.js';
import { StartScanDto } from './dto/start-scan.dto.js';
import { TenantPageQueryDto } from './dto/tenant-page-query.dto.js';
import { Reports } from './report/reports.service.js';

@ApiTags('drift')
@Controller('drift')
export class DriftScansController {
  constructor(
    private readonly scans: DriftScans,
    private readonly reports: Reports,
  ) {}

  /** How the watched tenants stand */
  @Get('status')
  @RequirePermission('drift:read')
  async status(@Query() query: DriftStatusQueryDto): Promise<DriftStatusDto> {
    return { items: (await this.reports.status(query.tenant ?? null)).map(TenantDriftStatusDto.from) };
  }

  /** List scans, newest first */
  @Get('scans')
  @RequirePermission('drift:read')
  async list(@Query() query: TenantPageQueryDto): Promise<ScanPageDto> {
    const page = await this.scans.list(query.tenant ?? null, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(ScanDto.from), nextCursor: page.nextCursor };
  }

  /** Start a scan outside the schedule */
  @Post('scans')
  @HttpCode(202)
  @RequirePermission('drift:scan')
  async start(
    @CurrentActor() actor: CallerActor,
    @Body() body: StartScanDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StartedScanDto> {
    const id = await this.scans.request(actor, body.tenant ?? null);
    reply.header('Location', `/api/v1/drift/scans/${id}`);
    return { id };
  }

  /** Read one scan */
  @Get('scans/:id')
  @RequirePermission('drift:read')
  async get(@Param('id', IdPipe) id: string): Promise<ScanDto> {
    return ScanDto.from(await this.scans.get(id));
  }
}
