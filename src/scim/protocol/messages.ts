import type { JsonObject } from '../../crypto/canonical-json.js';
import type { DomainError } from '../../kernel/errors/domain-error.js';
import { KIND_STATUS } from '../../kernel/problem/problem.js';
import { scimTypeOf } from '../scim.errors.js';

/** RFC 7644 3.1. */
export const SCIM_JSON = 'application/scim+json';
/** As answers name it. */
export const SCIM_MEDIA_TYPE = `${SCIM_JSON}; charset=utf-8`;
export const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
export const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';
export const BULK_RESPONSE_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

/** RFC 7644 3.4.2. */
export function listResponse(resources: JsonObject[], totalResults: number, startIndex: number): JsonObject {
  return {
    schemas: [LIST_SCHEMA],
    totalResults,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}

/** RFC 7644 3.12. @param error undefined for a fault of ours, of which only the request id is told */
export function errorResponse(error: DomainError | undefined, requestId: string): JsonObject {
  if (error === undefined) {
    return { schemas: [ERROR_SCHEMA], status: '500', detail: `The fault is in the log under request id ${requestId}.` };
  }
  const scimType = scimTypeOf(error);
  return {
    schemas: [ERROR_SCHEMA],
    status: String(KIND_STATUS[error.kind]),
    ...(scimType === undefined ? {} : { scimType }),
    detail: `${error.detail ?? error.title} (${error.code}, request id ${requestId})`,
  };
}
