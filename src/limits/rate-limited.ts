import type { DomainError } from '../kernel/errors/domain-error.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import type { LimitName } from './rate-limits.service.js';

const WHAT: Record<LimitName, string> = {
  'sign-ins': 'Too many sign-ins',
  tokens: 'Too many requests for tokens',
  failures: 'Too many refused credentials',
  frames: 'Too many sign-outs',
};

/** 429 and when to come back. */
export function rateLimited(limit: LimitName, waitMs: number): DomainError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return kernelError('request.rate_limited', {
    detail: `${WHAT[limit]} from one address. Try again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
  });
}
