import { IsInstant } from '../../kernel/validation/is-instant.decorator.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

/** Which dead letters to send again. */
export class ReplayDeliveriesDto {
  /** Only those that came to be since then (RFC 3339); all when absent. */
  @MayBeAbsent()
  @IsInstant()
  since?: string;

  static sinceOf(dto: ReplayDeliveriesDto): Date | null {
    return dto.since === undefined ? null : new Date(dto.since);
  }
}
