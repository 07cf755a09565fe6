import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DriftAnalytics } from './analytics/drift-analytics.service.js';
import { AnalyticsQueryDto, ControlHistoryQueryDto } from './dto/analytics-query.dto.js';
import { ControlHistoryDto, ControlIntervalDto, DriftAnalyticsDto } from './dto/drift-analytics.dto.js';
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import { inQuery, type TenantsInReach } from './tenant-access/subject.types.js';

@ApiTags('drift')
@Controller('drift/analytics')
export class DriftAnalyticsController {
  constructor(private readonly analytics: DriftAnalytics) {}

  /** Drift over time, how long decisions take, and which types change most */
  @Get()
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async figures(@Query() query: AnalyticsQueryDto, @InReach() inReach: TenantsInReach): Promise<DriftAnalyticsDto> {
    return DriftAnalyticsDto.from(await this.analytics.figures(query.tenant, inReach, AnalyticsQueryDto.daysOf(query)));
  }

  /** What the controls of a tenant came to, and since when */
  @Get('controls')
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async controls(@Query() query: ControlHistoryQueryDto): Promise<ControlHistoryDto> {
    const intervals = await this.analytics.controls(query.tenant, ControlHistoryQueryDto.daysOf(query));
    return { items: intervals.map(ControlIntervalDto.from), nextCursor: null };
  }
}
