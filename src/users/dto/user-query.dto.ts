import { Type } from 'class-transformer';
import { IsIn, IsInt, IsString, IsUUID, Matches, Max, MaxLength, Min } from 'class-validator';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../kernel/paging/cursor.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { UserSearch } from '../users.types.js';

const MAX_SEARCH_LENGTH = 100;
/** 64 characters of a name, an id and the digest, in JSON and base64url. */
const MAX_CURSOR_LENGTH = 700;
/** Up to eight words, and no control characters. */
const WORDS = /^\s*[^\s\p{Cc}]+(?:\s+[^\s\p{Cc}]+){0,7}\s*$/u;

/** Which users to list, and in which order. */
export class UserQueryDto {
  /**
   * Only people whose display name, user principal name or address contains every one of these words, whatever their case and
   * accents; at most 100 characters and 8 words. `%` and `_` mean themselves.
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(MAX_SEARCH_LENGTH)
  @Matches(WORDS, { message: 'must be one to eight words, without control characters' })
  q?: string;

  /** Only people of this tenant (tenants.id). */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;

  /** Only people in this state; everybody who isn't deleted when absent. */
  @MayBeAbsent()
  @IsIn(['active', 'disabled', 'deleted'])
  status?: 'active' | 'disabled' | 'deleted';

  /** Only people who came by signing in (`entra`), or whom a directory provisioned (`scim`). */
  @MayBeAbsent()
  @IsIn(['entra', 'scim'])
  source?: 'entra' | 'scim';

  /** `createdAt` when absent. Names are sorted without case and accents, by their first 64 characters. */
  @MayBeAbsent()
  @IsIn(['displayName', 'createdAt', 'lastSignIn'])
  sort?: 'displayName' | 'createdAt' | 'lastSignIn';

  /** `asc` when absent. Who never signed in comes before everybody who did. */
  @MayBeAbsent()
  @IsIn(['asc', 'desc'])
  order?: 'asc' | 'desc';

  /** Items on a page, 1 to 200; 50 when absent. */
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_SIZE)
  limit?: number;

  /** `nextCursor` of the previous page, of the same caller, filters and order; at most 700 characters. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(MAX_CURSOR_LENGTH)
  cursor?: string;

  static limitOf({ limit }: UserQueryDto): number {
    return limit ?? DEFAULT_PAGE_SIZE;
  }

  static toSearch({ q = '', tenant, status, source, sort, order }: UserQueryDto): UserSearch {
    return {
      words: q.split(/\s+/u).filter((word) => word !== ''),
      tenantId: tenant ?? null,
      status: status ?? null,
      source: source ?? null,
      sort: sort ?? 'createdAt',
      order: order ?? 'asc',
    };
  }
}
