import { IsIn, IsString, MaxLength, MinLength } from 'class-validator';
import { PageQueryDto } from '../../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import type { ItemFilter } from '../access-reviews.types.js';

/** What a reviewer says about one assignment. */
export class DecideItemDto {
  @IsIn(['keep', 'remove'])
  decision: 'keep' | 'remove';

  /** Why, for the audit trail. */
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  reason: string;
}

/** Which items of a review. */
export class ReviewItemQueryDto extends PageQueryDto {
  /** Only those; all when absent. */
  @MayBeAbsent()
  @IsIn(['keep', 'remove', 'undecided'])
  decision?: ItemFilter;
}
