import type { OpenAPIObject } from '@nestjs/swagger';
import type { RouteAccess } from '../access/access.decorators.js';
import type { RouteEntry } from '../access/route-policies.js';
import { describeScimErrors, isScimPath } from '../scim/openapi/describe-scim-errors.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
type Method = (typeof METHODS)[number];

const PROBLEM_SCHEMA = {
  type: 'object' as const,
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'code', 'requestId'],
  properties: {
    type: { type: 'string' as const, description: 'URN of the code' },
    title: { type: 'string' as const },
    status: { type: 'integer' as const, description: 'The HTTP status' },
    detail: { type: 'string' as const },
    code: { type: 'string' as const, description: 'Stable code; docs/contract/error-codes.json lists all' },
    requestId: { type: 'string' as const, description: 'The id under which the log has this request' },
    errors: {
      type: 'array' as const,
      items: {
        type: 'object' as const,
        required: ['pointer', 'code', 'detail'],
        properties: {
          pointer: { type: 'string' as const, description: 'JSON Pointer into the body, or a parameter’s name' },
          code: { type: 'string' as const },
          detail: { type: 'string' as const },
        },
      },
    },
  },
};

/** Says of every operation what the house does to all of them: which problems it may answer, and whether it wants a token. */
export function describeProblems(document: OpenAPIObject, routes: readonly RouteEntry[]): OpenAPIObject {
  const access = new Map(
    routes.flatMap((route) =>
      route.paths.map((path) => [`${route.method.toLowerCase()} ${path}`, route.access] as const),
    ),
  );
  for (const [path, item] of Object.entries(document.paths)) {
    const declared = path.replace(/^\/api\/v1(?=\/)/, '').replaceAll(/\{(\w+)\}/g, ':$1');
    for (const method of METHODS) {
      const operation = item[method];
      if (operation === undefined) continue;
      const demanded = access.get(`${method} ${declared}`);
      if (demanded?.kind === 'public') operation.security = [];
      if (isScimPath(path)) {
        describeScimErrors(operation, method, path);
        continue;
      }
      for (const [status, meaning] of Object.entries(problemsOf(method, path, demanded))) {
        operation.responses[status] ??= {
          description: meaning,
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        };
      }
    }
  }
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA },
  };
  return document;
}

function problemsOf(method: Method, path: string, access: RouteAccess | undefined): Record<string, string> {
  return {
    '400': 'The request is not valid',
    ...(access?.kind === 'public' ? {} : { '401': 'No valid access token was presented' }),
    ...(access?.kind === 'permission' ? { '403': `The caller lacks the permission ${access.permission}` } : {}),
    ...(path.includes('{') ? { '404': 'There is no such thing, or the caller may not know of it' } : {}),
    ...(method === 'get' ? {} : { '409': 'The request conflicts with what is stored' }),
    '503': 'The service cannot answer right now; Retry-After says when to try again',
  };
}
