import { IsIn, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { PageQueryDto } from '../../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import type { AssignmentFilter } from '../../rbac.types.js';
import { MAX_SCOPE_LENGTH, SCOPE_PATTERN } from '../../scope.js';

/** Which assignments to list. */
export class AssignmentQueryDto extends PageQueryDto {
  /** Only those of this user, service account or group. */
  @MayBeAbsent()
  @IsUUID('loose')
  subject?: string;

  /** Only those of this role (roles.id). */
  @MayBeAbsent()
  @IsUUID('loose')
  role?: string;

  /** Only those on this scope and below it. */
  @MayBeAbsent()
  @IsString()
  @Matches(SCOPE_PATTERN, { message: 'must be "/" or a path of one to ten segments of letters, digits and ._~-' })
  @MaxLength(MAX_SCOPE_LENGTH)
  scope?: string;

  /** Only those that allow, or that deny. */
  @MayBeAbsent()
  @IsIn(['allow', 'deny'])
  effect?: 'allow' | 'deny';

  static toFilter(query: AssignmentQueryDto): AssignmentFilter {
    return {
      ...(query.subject === undefined ? {} : { subjectId: query.subject }),
      ...(query.role === undefined ? {} : { roleId: query.role }),
      ...(query.scope === undefined ? {} : { scope: query.scope }),
      ...(query.effect === undefined ? {} : { effect: query.effect }),
    };
  }
}
