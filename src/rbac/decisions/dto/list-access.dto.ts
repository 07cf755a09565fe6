import { IsInt, IsString, IsUUID, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';
import { MAX_PAGE_SIZE } from '../../../kernel/paging/cursor.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { MAX_PERMISSION_LENGTH } from '../../permission-name.js';
import { MAX_SCOPE_LENGTH, SCOPE_PATTERN } from '../../scope.js';
import { MAX_REVISION } from '../read-check.js';

/** A question: where may this subject do that? */
export class ListScopesDto {
  /** users.id or service_accounts.id */
  @IsUUID('loose')
  subject: string;

  /** A permission of the catalogue or of a registered namespace. */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PERMISSION_LENGTH)
  permission: string;

  /** The decision must know of everything up to this revision. */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MAX_REVISION)
  atLeast?: number;
}

/** Everything on and below `allowed`, save what is on or below `denied`. */
export class ScopeRootsDto {
  allowed: string[];
  denied: string[];
}

export class ListScopesResultDto {
  scopes: ScopeRootsDto;
  /** The revision of access that was decided at. */
  revision: number;
}

/** A question: who may do that there? */
export class ListSubjectsDto {
  /** A permission of the catalogue or of a registered namespace. */
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_PERMISSION_LENGTH)
  permission: string;

  /** A path; `/` when absent. */
  @MayBeAbsent()
  @MaxLength(MAX_SCOPE_LENGTH)
  @Matches(SCOPE_PATTERN, { message: 'must be / or up to ten plain segments, without . and ..' })
  scope?: string;

  /** Subjects on a page, 1 to 200; 50 when absent. */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_SIZE)
  limit?: number;

  /** `nextCursor` of the previous page. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  cursor?: string;
}

/** Somebody who may. */
export class AllowedSubjectDto {
  /** users.id or service_accounts.id */
  id: string;
  type: 'user' | 'service_account';
  /** As it is now. */
  displayName: string;
}

export class ListSubjectsResultDto {
  items: AllowedSubjectDto[];
  nextCursor: string | null;
  /** Everything up to this revision of access was known of. */
  revision: number;
}
