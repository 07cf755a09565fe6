import { invalidValue } from './read-value.js';

/** Resources in one answer. */
export const MAX_COUNT = 200;
const DEFAULT_COUNT = 100;
/** A list that is longer is not paged through but filtered. */
const MAX_START_INDEX = 1_000_000_000;

/** RFC 7644 3.4.2.4: which part of a list is wanted. */
export interface PageRequest {
  /** From 1. */
  startIndex: number;
  /** May be 0: then only the total is wanted. */
  count: number;
}

/** @throws DomainError scim.invalid_value */
export function readPageRequest(startIndex: unknown, count: unknown): PageRequest {
  return {
    startIndex: Math.min(MAX_START_INDEX, Math.max(1, integer('startIndex', startIndex, 1))),
    count: Math.min(MAX_COUNT, Math.max(0, integer('count', count, DEFAULT_COUNT))),
  };
}

function integer(name: string, value: unknown, absent: number): number {
  if (value === undefined || value === null || value === '') return absent;
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw invalidValue(name, 'must be a whole number');
  return number;
}
