import type { JsonObject } from '../crypto/canonical-json.js';
import { retryAfterOf } from './graph-exchange.js';
import type { GraphFault } from './graph-fault.js';
import { type ThrottleTold, throttleTold } from './throttle-told.js';

/** One item's own outcome; the status of the batch says nothing about it. `status` 0: it has no answer at all. */
export interface BatchItem {
  path: string;
  status: number;
  body: JsonObject | null;
  /** How long Graph asks to wait with this item; absent where nobody looked. */
  retryAfterMs?: number | null;
  told?: ThrottleTold;
}

/** Either the objects of a small list, all pages of it, or why there are none. */
export type BatchAnswer =
  | { path: string; objects: JsonObject[]; fault: null }
  | { path: string; objects: null; fault: GraphFault };

/** The body of POST /$batch (Graph: JSON batching) for reads that don't depend on each other. */
export function batchBody(paths: readonly string[]): JsonObject {
  return { requests: paths.map((path, index) => ({ id: String(index), method: 'GET', url: path })) };
}

/** Each path's outcome. An id that is missing, double or unknown leaves its path without an answer. */
export function batchItems(answer: JsonObject, paths: readonly string[]): BatchItem[] {
  const responses = Array.isArray(answer['responses']) ? answer['responses'] : [];
  const byId = new Map<string, JsonObject>();
  for (const response of responses) {
    if (isObject(response) && typeof response['id'] === 'string') byId.set(response['id'], response);
  }
  return paths.map((path, index) => {
    const response = byId.get(String(index));
    const status = response?.['status'];
    const body = response?.['body'];
    return {
      path,
      status: typeof status === 'number' ? status : 0,
      body: isObject(body) ? body : null,
      retryAfterMs: retryAfterOf(headerOf(response, 'retry-after')),
      told: throttleTold((name) => headerOf(response, name)),
    };
  });
}

function headerOf(response: JsonObject | undefined, wanted: string): string | null {
  const headers = response?.['headers'];
  if (!isObject(headers)) return null;
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
  return typeof found === 'string' ? found : null;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
