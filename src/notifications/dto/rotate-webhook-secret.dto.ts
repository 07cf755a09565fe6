import { IsInt, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

const DAY_SECONDS = 86_400;
const LONGEST_OVERLAP_SECONDS = 7 * DAY_SECONDS;

/** How a secret gives way to its successor. */
export class RotateWebhookSecretDto {
  /** How long messages are signed with both, in seconds: up to a week, a day when absent. 0 ends the old one at once. */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(LONGEST_OVERLAP_SECONDS)
  overlapSeconds?: number;

  static overlapOf(dto: RotateWebhookSecretDto): number {
    return dto.overlapSeconds ?? DAY_SECONDS;
  }
}
