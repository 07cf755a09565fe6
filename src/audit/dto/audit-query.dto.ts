import { Type } from 'class-transformer';
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import { MAX_PAGE_SIZE } from '../../kernel/paging/cursor.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import { AuditFilterDto } from './audit-filter.dto.js';

/** A page of the trail, filtered. */
export class AuditQueryDto extends AuditFilterDto {
  /** Items on a page, 1 to 200; 50 when absent. */
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_SIZE)
  limit?: number;

  /** `nextCursor` of the previous page; it belongs to these filters. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  cursor?: string;
}
