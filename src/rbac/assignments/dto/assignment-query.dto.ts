import { IsUUID } from 'class-validator';
import { PageQueryDto } from '../../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import type { AssignmentFilter } from '../../rbac.types.js';

/** Which assignments to list. */
export class AssignmentQueryDto extends PageQueryDto {
  /** Only those of this user or service account. */
  @MayBeAbsent()
  @IsUUID('loose')
  subject?: string;

  /** Only those of this role (roles.id). */
  @MayBeAbsent()
  @IsUUID('loose')
  role?: string;

  static toFilter(query: AssignmentQueryDto): AssignmentFilter {
    return {
      ...(query.subject === undefined ? {} : { subjectId: query.subject }),
      ...(query.role === undefined ? {} : { roleId: query.role }),
    };
  }
}
