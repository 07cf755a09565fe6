import { Controller, Get, Headers, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { DriftReportDto, DriftReportPageDto, DriftReportSummaryDto } from './dto/drift-report.dto.js';
import { ReportFormatDto } from './dto/report-format.dto.js';
import { TenantPageQueryDto } from './dto/tenant-page-query.dto.js';
import { HTML_REPORT_POLICY } from './report/render-html.js';
import { reportWriter } from './report/render-report.js';
import { jsonWriter } from './report/report-writer.js';
import { Reports } from './report/reports.service.js';
import { REPORT_MEDIA, requestedFormat } from './report/requested-format.js';
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import { byId, inQuery, type TenantsInReach, tenantsAsked } from './tenant-access/subject.types.js';

const FRAMED_NOWHERE = "frame-ancestors 'none'; sandbox";
const REPORT_CONTENT = Object.fromEntries(
  Object.values(REPORT_MEDIA).map(({ type }) => [
    type,
    { schema: type === REPORT_MEDIA.json.type ? { $ref: getSchemaPath('DriftReportDto') } : { type: 'string' } },
  ]),
);

@ApiTags('drift')
@Controller('drift')
export class DriftReportsController {
  constructor(private readonly reports: Reports) {}

  /** List reports, newest first */
  @Get('reports')
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async list(@Query() query: TenantPageQueryDto, @InReach() inReach: TenantsInReach): Promise<DriftReportPageDto> {
    const page = await this.reports.list(
      tenantsAsked(query.tenant, inReach),
      PageQueryDto.limitOf(query),
      query.cursor,
    );
    return { items: page.items.map(DriftReportSummaryDto.from), nextCursor: page.nextCursor };
  }

  /** Read one report with its changes: JSON, or a file in the format that `format` or Accept asks for */
  @Get('reports/:id')
  @DriftAccess('drift:read', byId('report'))
  @ApiExtraModels(DriftReportDto)
  @ApiOkResponse({ description: 'The report', content: REPORT_CONTENT })
  async get(
    @Param('id', IdPipe) id: string,
    @Query() query: ReportFormatDto,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const format = query.format ?? requestedFormat(accept);
    reply.header('vary', 'accept');
    if (format === 'json') {
      const { text } = await this.reports.written(id, (report, head) =>
        jsonWriter(...DriftReportDto.partsOf(report, head)),
      );
      return new StreamableFile(text, { type: `${REPORT_MEDIA.json.type}; charset=utf-8` });
    }
    // A file and no page of this service: what a tenant's names are part of runs nowhere, and frames nothing.
    const file = ({ sequence }: { sequence: number }) => ({
      type: `${REPORT_MEDIA[format].type}; charset=utf-8`,
      disposition: `attachment; filename="drift-report-${sequence}.${REPORT_MEDIA[format].extension}"`,
    });
    if (format === 'ndjson' || format === 'csv' || format === 'sarif') {
      const { report, text } = await this.reports.written(id, (_report, head) => reportWriter(head, format));
      return new StreamableFile(text, file(report));
    }
    const { report, text } = await this.reports.page(id, format);
    if (format === 'html') reply.header('content-security-policy', `${HTML_REPORT_POLICY}; ${FRAMED_NOWHERE}`);
    return new StreamableFile(Buffer.from(text, 'utf8'), file(report));
  }
}
