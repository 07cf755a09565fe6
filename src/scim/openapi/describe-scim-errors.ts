import type { OpenAPIObject } from '@nestjs/swagger';
import { SCIM_JSON } from '../protocol/messages.js';
import { refTo } from './schema-object.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const SCIM_PATH = /^\/scim\/v2\//;

export function isScimPath(path: string): boolean {
  return SCIM_PATH.test(path);
}

/** Says of an operation of SCIM how it refuses. @param path as the description has it, with `{id}` */
export function describeScimErrors(operation: Operation, method: string, path: string): void {
  const content = { [SCIM_JSON]: { schema: refTo('ScimError') } };
  for (const [status, description] of Object.entries(errorsOf(method, path))) {
    operation.responses[status] ??= { description, content };
  }
}

function errorsOf(method: string, path: string): Record<string, string> {
  // A search changes nothing, and each operation of a bulk conflicts by itself.
  const changes = method !== 'get' && !/\/(\.search|Bulk)$/.test(path);
  const isOne = path.includes('{');
  return {
    '400': 'The request is not valid; scimType says in which way',
    '401': 'No valid SCIM token or access token was presented',
    '403': 'The caller lacks the permission scim:provision, is no service account, or takes what it does not hold',
    ...(isOne ? { '404': 'There is no such resource' } : {}),
    ...(changes ? { '409': 'The request conflicts with what is stored' } : {}),
    ...(changes && isOne ? { '412': 'The resource has another version' } : {}),
    ...(method === 'get' || method === 'delete' ? {} : { '413': 'The request is larger than is accepted' }),
    '429': 'Too many tokens from this address were not valid; Retry-After says when to try again',
    '503': 'The service cannot answer right now; Retry-After says when to try again',
  };
}
