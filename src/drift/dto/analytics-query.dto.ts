import { Type } from 'class-transformer';
import { IsInt, IsUUID, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

const DEFAULT_DAYS = 30;
const MAX_DAYS = 366;

/** How far back figures go. */
class AnalyticsWindowDto {
  /** Days in UTC, today included: 1 to 366; 30 when absent. */
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_DAYS)
  days?: number;

  static daysOf({ days }: AnalyticsWindowDto): number {
    return days ?? DEFAULT_DAYS;
  }
}

/** Figures of all watched tenants together that the caller may see, or of one. */
export class AnalyticsQueryDto extends AnalyticsWindowDto {
  /** Only this watched tenant (its id in /tenants). */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;
}

/** The history of the controls of one tenant. */
export class ControlHistoryQueryDto extends AnalyticsWindowDto {
  /** The watched tenant (its id in /tenants). */
  @IsUUID('loose')
  tenant: string;
}
