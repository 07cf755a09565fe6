import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../access/access.decorators.js';
import { AuditService } from './audit.service.js';
import { AuditEventDto, AuditEventPageDto } from './dto/audit-event.dto.js';
import { AuditQueryDto } from './dto/audit-query.dto.js';

@ApiTags('audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  /** Search the audit trail, newest first */
  @Get('events')
  @RequirePermission('audit:read')
  async search(@Query() query: AuditQueryDto): Promise<AuditEventPageDto> {
    const page = await this.audit.search(AuditQueryDto.toFilter(query), AuditQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(AuditEventDto.from), nextCursor: page.nextCursor };
  }
}
