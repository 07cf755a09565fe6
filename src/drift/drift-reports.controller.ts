import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../access/access.decorators.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { DriftReportDto, DriftReportPageDto, DriftReportSummaryDto } from './dto/drift-report.dto.js';
import { TenantPageQueryDto } from './dto/tenant-page-query.dto.js';
import { Reports } from './report/reports.service.js';

@ApiTags('drift')
@Controller('drift')
export class DriftReportsController {
  constructor(private readonly reports: Reports) {}

  /** List reports, newest first */
  @Get('reports')
  @RequirePermission('drift:read')
  async list(@Query() query: TenantPageQueryDto): Promise<DriftReportPageDto> {
    const page = await this.reports.list(query.tenant ?? null, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(DriftReportSummaryDto.from), nextCursor: page.nextCursor };
  }

  /** Read one report with its changes */
  @Get('reports/:id')
  @RequirePermission('drift:read')
  async get(@Param('id', IdPipe) id: string): Promise<DriftReportDto> {
    const { report, document } = await this.reports.document(id);
    return DriftReportDto.fromDocument(report, document);
  }
}
