import type { JsonObject } from '../../crypto/canonical-json.js';
import type { BatchItem } from '../../entra/graph-batch.js';
import { isUuid } from '../../kernel/ids/ids.js';

/** What Graph says of one person; `unknown` is no answer, and then nothing follows. */
export type DirectoryAnswer =
  | { kind: 'present'; validFrom: Date | null }
  | { kind: 'deleted' }
  | { kind: 'disabled' }
  | { kind: 'unknown'; reason: string; forbidden: boolean };

const MEMBERS = 'id,accountEnabled,signInSessionsValidFromDateTime';
/** Their clock may be ahead of ours by a little; a time further ahead is no time. */
const FUTURE_MS = 300_000;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** @param objectId Entra's object id, from our own table */
export function directoryQuestion(objectId: string): string {
  return `/users/${objectId}?$select=${MEMBERS}`;
}

/**
 * Reads one item of a batch by itself. Only a whole and plain answer counts: a person is gone when Graph says in its own words
 * that there is no such object, and not because it says nothing.
 */
export function readDirectoryAnswer({ status, body }: BatchItem, objectId: string, nowMs: number): DirectoryAnswer {
  if (status === 404 && errorCode(body) === 'Request_ResourceNotFound') return { kind: 'deleted' };
  if (status === 403) return { kind: 'unknown', reason: 'Graph answered 403', forbidden: true };
  if (status !== 200 || body === null) return unknown(status === 0 ? 'there is no answer' : `Graph answered ${status}`);
  const { id, accountEnabled, signInSessionsValidFromDateTime: validFrom } = body;
  if (!isUuid(id) || id.toLowerCase() !== objectId.toLowerCase()) return unknown('the answer is about somebody else');
  if (accountEnabled === false) return { kind: 'disabled' };
  // Graph leaves members out, or null, that the application may not read.
  if (accountEnabled !== true) return { kind: 'unknown', reason: 'accountEnabled is not shown', forbidden: true };
  if (validFrom === null || validFrom === undefined) return { kind: 'present', validFrom: null };
  const time = typeof validFrom === 'string' && TIME.test(validFrom) ? Date.parse(validFrom) : Number.NaN;
  if (Number.isNaN(time) || time > nowMs + FUTURE_MS) return unknown('signInSessionsValidFromDateTime is no past time');
  return { kind: 'present', validFrom: new Date(time) };
}

function unknown(reason: string): DirectoryAnswer {
  return { kind: 'unknown', reason, forbidden: false };
}

function errorCode(body: JsonObject | null): unknown {
  const error = body?.['error'];
  return error !== null && typeof error === 'object' && !Array.isArray(error) ? error['code'] : undefined;
}
