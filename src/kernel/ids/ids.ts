import { v7 } from 'uuid';

/** A new UUIDv7 (RFC 9562 5.7): sorts by creation time, so that keyset pages run in that order. */
export function newId(): string {
  return v7();
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}
