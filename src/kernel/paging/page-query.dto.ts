import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './cursor.js';

/** `?limit=&cursor=` of every list. */
export class PageQueryDto {
  /** Items on a page, 1 to 200; 50 when absent. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_SIZE)
  limit?: number;

  /** `nextCursor` of the previous page. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  cursor?: string;

  static limitOf(query: PageQueryDto): number {
    return query.limit ?? DEFAULT_PAGE_SIZE;
  }
}
