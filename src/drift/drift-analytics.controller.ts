import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../access/access.decorators.js';
import { DriftAnalytics } from './analytics/drift-analytics.service.js';
import { AnalyticsQueryDto, ControlHistoryQueryDto } from './dto/analytics-query.dto.js';
import { ControlHistoryDto, ControlIntervalDto, DriftAnalyticsDto } from './dto/drift-analytics.dto.js';

@ApiTags('drift')
@Controller('drift/analytics')
export class DriftAnalyticsController {
  constructor(private readonly analytics: DriftAnalytics) {}

  /** Drift over time, how long decisions take, and which types change most */
  @Get()
  @RequirePermission('drift:read')
  async figures(@Query() query: AnalyticsQueryDto): Promise<DriftAnalyticsDto> {
    return DriftAnalyticsDto.from(await this.analytics.figures(query.tenant ?? null, AnalyticsQueryDto.daysOf(query)));
  }

  /** What the controls of a tenant came to, and since when */
  @Get('controls')
  @RequirePermission('drift:read')
  async controls(@Query() query: ControlHistoryQueryDto): Promise<ControlHistoryDto> {
    const intervals = await this.analytics.controls(query.tenant, ControlHistoryQueryDto.daysOf(query));
    return { items: intervals.map(ControlIntervalDto.from), nextCursor: null };
  }
}
