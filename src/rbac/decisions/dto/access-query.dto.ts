import { Type } from 'class-transformer';
import { IsInt, IsString, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../../kernel/paging/cursor.js';
import { IsInstant } from '../../../kernel/validation/is-instant.decorator.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { MAX_PERMISSION_LENGTH } from '../../permission-name.js';
import { MAX_SCOPE_LENGTH, SCOPE_PATTERN } from '../../scope.js';
import { decodeEntryCursor, MAX_ENTRY_CURSOR_LENGTH } from '../effective-access.cursor.js';
import type { AskedAccess } from '../effective-access.service.js';

/** Which of what somebody may do to list. */
export class AccessQueryDto {
  /** Only this permission. */
  @MayBeAbsent()
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PERMISSION_LENGTH)
  permission?: string;

  /** What is held or denied on this scope, instead of on each that something was assigned on. */
  @MayBeAbsent()
  @MaxLength(MAX_SCOPE_LENGTH)
  @Matches(SCOPE_PATTERN, { message: 'must be / or up to ten plain segments, without . and ..' })
  scope?: string;

  /** A past time; now when absent. Eligible assignments of then are not known. */
  @MayBeAbsent()
  @IsInstant()
  @MaxLength(40)
  asOf?: string;

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
  @MaxLength(MAX_ENTRY_CURSOR_LENGTH)
  cursor?: string;

  static toQuestion({ permission, scope, asOf, limit, cursor }: AccessQueryDto): AskedAccess {
    return {
      filter: { ...(permission === undefined ? {} : { permission }), ...(scope === undefined ? {} : { scope }) },
      asOf: asOf === undefined ? null : new Date(asOf),
      limit: limit ?? DEFAULT_PAGE_SIZE,
      after: cursor === undefined ? null : decodeEntryCursor(cursor),
    };
  }
}
