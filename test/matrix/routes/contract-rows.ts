import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RouteAccess } from '../../../src/access/access.decorators.js';

/** A line of docs/contract/endpoints.json: what is promised of a route, and all that predictions are made from. */
export type ContractRow = RouteAccess & { method: string; path: string };

/** Everything else is under /api/v1. */
const UNPREFIXED = /^\/(?:metrics|health|\.well-known|scim\/v2)(?:\/|$)/;

export function contractRows(): ContractRow[] {
  const file = join(__dirname, '..', '..', '..', 'docs', 'contract', 'endpoints.json');
  return JSON.parse(readFileSync(file, 'utf8')) as ContractRow[];
}

export function nameOf({ method, path }: { method: string; path: string }): string {
  return `${method} ${path}`;
}

/** The whole path as the server mounts it, with its parameters. */
export function mountedPath({ path }: { path: string }): string {
  return UNPREFIXED.test(path) ? path : `/api/v1${path}`;
}
