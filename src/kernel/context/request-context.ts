import { AsyncLocalStorage } from 'node:async_hooks';

/** What is known of the request (or job run) that the current code works for. */
export interface RequestContext {
  requestId: string;
  /** W3C trace id, 32 hex digits: the caller's when it sent a valid `traceparent`, else our own. */
  traceId: string;
  sourceAddress: string | null;
  userAgent: string | null;
}

const storage = new AsyncLocalStorage<RequestContext>();

export function runWithContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}
