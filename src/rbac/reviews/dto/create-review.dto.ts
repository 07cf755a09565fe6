import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
  MinLength,
} from 'class-validator';
import { IsInstant } from '../../../kernel/validation/is-instant.decorator.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { MAX_SCOPE_LENGTH, SCOPE_PATTERN } from '../../scope.js';
import type { NewAccessReview } from '../access-reviews.types.js';

const MAX_REVIEWERS = 50;

/** A review of all that is assigned on a scope and below it, at most 10,000 assignments. */
export class CreateReviewDto {
  /** For people. */
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /** `/`, or up to ten segments such as `/tenants/T/apps/A`. */
  @IsString()
  @Matches(SCOPE_PATTERN, { message: 'must be "/" or a path of one to ten segments of letters, digits and ._~-' })
  @MaxLength(MAX_SCOPE_LENGTH)
  scope: string;

  /** roles.id, to review one role only. */
  @MayBeAbsent()
  @IsUUID('loose')
  role?: string;

  /** users.id of 1 to 50 people who decide. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_REVIEWERS)
  @ArrayUnique((id: unknown) => String(id).toLowerCase())
  @IsUUID('loose', { each: true })
  reviewers: string[];

  /** When it ends by itself: one hour to one year ahead. */
  @IsInstant()
  @MaxLength(40)
  dueAt: string;

  /** What happens to what nobody decided. */
  @IsIn(['keep', 'remove'])
  onUnanswered: 'keep' | 'remove';

  static toNewReview(dto: CreateReviewDto): NewAccessReview {
    return {
      name: dto.name,
      description: dto.description ?? '',
      scope: dto.scope,
      roleId: dto.role ?? null,
      reviewers: dto.reviewers,
      onUnanswered: dto.onUnanswered,
      dueAt: new Date(dto.dueAt),
    };
  }
}
