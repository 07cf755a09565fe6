import type { ExchangeLimits } from './graph-exchange.js';
import type { RetryPolicy } from './graph-retry.js';

export interface GraphClientOptions extends ExchangeLimits, RetryPolicy {
  /** Requests in flight at once. */
  concurrency: number;
  /** Graph's limit on Conditional Access and named locations: one request a second per tenant, for all applications together. */
  conditionalAccessSpacingMs: number;
  /** Pages of one list. */
  maxPages: number;
  /** Objects, and bytes of them as JSON, that are held at a time of lists that are gathered whole. */
  maxHeldObjects: number;
  maxHeldBytes: number;
}

export const GRAPH_CLIENT_DEFAULTS: GraphClientOptions = {
  timeoutMs: 30_000,
  maxBytes: 32 * 1_048_576,
  maxRetries: 3,
  backoffMs: 500,
  throttleBackoffMs: 1000,
  maxPauseMs: 60_000,
  budgetMs: 180_000,
  concurrency: 8,
  conditionalAccessSpacingMs: 1010,
  maxPages: 20_000,
  maxHeldObjects: 2_000_000,
  maxHeldBytes: 128 * 1_048_576,
};
