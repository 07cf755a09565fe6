import { Type } from 'class-transformer';
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import { MayBeAbsent } from '../validation/may-be-absent.decorator.js';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './cursor.js';

/** `?limit=&cursor=` of every list. */
export class PageQueryDto {
  /** Items on a page, 1 to 200; 50 when absent. */
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_SIZE)
  limit?: number;

  /** `nextCursor` of the previous page. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  cursor?: string;

  static limitOf(query: PageQueryDto): number {
    return query.limit ?? DEFAULT_PAGE_SIZE;
  }
}
