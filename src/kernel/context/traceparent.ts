import { randomFillSync } from 'node:crypto';

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/;
const NO_TRACE = '0'.repeat(32);

/** The trace id of a `traceparent` header (W3C Trace Context 3.2.2), or a new one when the header is absent or invalid. */
export function traceIdOf(header: string | undefined): string {
  const traceId = header === undefined || header.startsWith('ff') ? undefined : TRACEPARENT.exec(header)?.[1];
  return traceId === undefined || traceId === NO_TRACE ? newTraceId() : traceId;
}

const TRACE_ID_BYTES = 16;
/** Random bytes for many ids at once: asking the system for each costs more than the rest of a request's context. */
const pool = Buffer.alloc(TRACE_ID_BYTES * 256);
let used = pool.length;

function newTraceId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += TRACE_ID_BYTES;
  return pool.toString('hex', used - TRACE_ID_BYTES, used);
}
