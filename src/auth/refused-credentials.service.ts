import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { rateLimited } from '../limits/rate-limited.js';
import { RateLimits } from '../limits/rate-limits.service.js';

/**
 * Requests for tokens, and credentials that were refused to nobody known, counted against the address that they come from; a
 * refusal for the trail as well. Not for bearer calls: an access token that has run out is everybody's daily case.
 */
@Injectable()
export class RefusedCredentials {
  constructor(
    private readonly audit: AuditService,
    private readonly limits: RateLimits,
  ) {}

  /**
   * Counts a request for a token.
   *
   * @throws DomainError request.rate_limited
   */
  assertMayAsk(): void {
    const waitMs = this.limits.take('tokens');
    if (waitMs > 0) throw rateLimited('tokens', waitMs);
  }

  /** @param reason an error code, never what the caller sent */
  count(reason: string): void {
    this.audit.countAnonymousFailure(reason);
    this.limits.noteFailure();
  }
}
