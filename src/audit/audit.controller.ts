import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { AuditEventDto, AuditEventPageDto } from './dto/audit-event.dto.js';
import { AuditExportDto } from './dto/audit-export.dto.js';
import { AuditFilterDto } from './dto/audit-filter.dto.js';
import { AuditQueryDto } from './dto/audit-query.dto.js';
import { AuditExport } from './read/audit-export.service.js';
import { AuditSearch } from './read/audit-search.service.js';
import { EXPORT_TYPES } from './read/export-formats.js';

@ApiTags('audit')
@Controller('audit')
export class AuditController {
  constructor(
    private readonly records: AuditSearch,
    private readonly exports: AuditExport,
  ) {}

  /** Search the audit trail, newest first */
  @Get('events')
  @RequirePermission('audit:read', { anyScope: true })
  async search(@CurrentActor() actor: CallerActor, @Query() query: AuditQueryDto): Promise<AuditEventPageDto> {
    const filter = AuditFilterDto.toFilter(query);
    const page = await this.records.search(actor, filter, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(AuditEventDto.from), nextCursor: page.nextCursor };
  }

  /** Read one record of the audit trail */
  @Get('events/:id')
  @RequirePermission('audit:read', { anyScope: true })
  async get(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<AuditEventDto> {
    return AuditEventDto.from(await this.records.get(actor, id));
  }

  /** Export the audit trail as NDJSON, OCSF, CSV or an evidence bundle, in the order of the log */
  @Get('export')
  @RequirePermission('audit:read', { anyScope: true })
  @ApiOkResponse({
    description: 'One record a line',
    content: Object.fromEntries(
      Object.values(EXPORT_TYPES).map(({ type }) => [type.split(';')[0], { schema: { type: 'string' } }]),
    ),
  })
  async export(@CurrentActor() actor: CallerActor, @Query() query: AuditExportDto): Promise<StreamableFile> {
    const { format } = query;
    const filter = AuditFilterDto.toFilter(query);
    const { stream, size } = await this.exports.start(actor, {
      filter,
      format,
      checkpoints: AuditExportDto.checkpointsOf(query),
    });
    const { type, extension } = EXPORT_TYPES[format];
    return new StreamableFile(stream, { type, disposition: `attachment; filename="audit-${size}.${extension}"` });
  }
}
