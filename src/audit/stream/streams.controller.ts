import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../access/access.decorators.js';
import { AuditStreamsDto } from '../dto/audit-streams.dto.js';
import { AuditStreams } from './audit-streams.service.js';

@ApiTags('audit')
@Controller('audit')
export class StreamsController {
  constructor(private readonly streams: AuditStreams) {}

  /** See how far each stream of the audit trail has come, and what keeps it */
  @Get('streams')
  @RequirePermission('audit:read')
  async list(): Promise<AuditStreamsDto> {
    return AuditStreamsDto.from(await this.streams.status());
  }
}
