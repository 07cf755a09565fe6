import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../access/access.decorators.js';
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
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import { byId, inBody, inQuery, type TenantsInReach, tenantsAsked } from './tenant-access/subject.types.js';

@ApiTags('drift')
@Controller('drift')
export class DriftScansController {
  constructor(
    private readonly scans: DriftScans,
    private readonly reports: Reports,
  ) {}

  /** How the watched tenants stand */
  @Get('status')
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async status(@Query() query: DriftStatusQueryDto, @InReach() inReach: TenantsInReach): Promise<DriftStatusDto> {
    return { items: (await this.reports.status(tenantsAsked(query.tenant, inReach))).map(TenantDriftStatusDto.from) };
  }

  /** List scans, newest first */
  @Get('scans')
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async list(@Query() query: TenantPageQueryDto, @InReach() inReach: TenantsInReach): Promise<ScanPageDto> {
    const page = await this.scans.list(tenantsAsked(query.tenant, inReach), PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(ScanDto.from), nextCursor: page.nextCursor };
  }

  /** Start a scan outside the schedule */
  @Post('scans')
  @HttpCode(202)
  @DriftAccess('drift:scan', inBody('tenant', 'tenant'))
  async start(
    @CurrentActor() actor: CallerActor,
    @Body() body: StartScanDto,
    @InReach() inReach: TenantsInReach,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StartedScanDto> {
    const id = await this.scans.request(actor, body.tenant ?? null, inReach);
    reply.header('Location', `/api/v1/drift/scans/${id}`);
    return { id };
  }

  /** Read one scan */
  @Get('scans/:id')
  @DriftAccess('drift:read', byId('scan'))
  async get(@Param('id', IdPipe) id: string): Promise<ScanDto> {
    return ScanDto.from(await this.scans.get(id));
  }
}
