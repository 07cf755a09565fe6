import { IsString, IsUUID, Matches, MaxLength, MinLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { SCOPE_PATTERN } from '../../scope.js';

/** A question: may this subject do that here? */
export class CheckDto {
  /** users.id or service_accounts.id. Unknown and disabled subjects, and programs of disabled owners, are not allowed anything. */
  @IsUUID('loose')
  subject: string;

  /** A permission of the catalogue, e.g. `drift:read`. */
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  permission: string;

  /** A path; `/` when absent. */
  @MayBeAbsent()
  @MaxLength(700)
  @Matches(SCOPE_PATTERN, { message: 'must be / or up to ten plain segments, without . and ..' })
  scope?: string;
}

export class CheckResultDto {
  allowed: boolean;
}
