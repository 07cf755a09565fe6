import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public, RequirePermission } from '../access/access.decorators.js';
import { HealthDetailsDto, HealthStatusDto } from './health.dto.js';
import { HealthService } from './health.service.js';

@ApiTags('running')
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** Whether the process lives */
  @Get('live')
  @Public('probes of the platform have no account; it says nothing but that it answers')
  @Header('Cache-Control', 'no-store')
  live(): HealthStatusDto {
    return { status: 'ok' };
  }

  /** Whether the process can serve; 503 when not */
  @Get('ready')
  @Public('probes of the platform have no account; it says yes or no')
  @Header('Cache-Control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthStatusDto> {
    if (await this.health.isReady()) return { status: 'ok' };
    reply.status(503);
    return { status: 'unavailable' };
  }

  /** How database, schedules and queue stand */
  @Get('details')
  @RequirePermission('health:read')
  @Header('Cache-Control', 'no-store')
  details(): Promise<HealthDetailsDto> {
    return this.health.details();
  }
}
