import { randomBytes } from 'node:crypto';

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/;
const NO_TRACE = '0'.repeat(32);

/** The trace id of a `traceparent` header (W3C Trace Context 3.2.2), or a new one when the header is absent or invalid. */
export function traceIdOf(header: string | undefined): string {
  const traceId = header === undefined || header.startsWith('ff') ? undefined : TRACEPARENT.exec(header)?.[1];
  return traceId === undefined || traceId === NO_TRACE ? randomBytes(16).toString('hex') : traceId;
}
