import type { DomainError, ErrorKind, FieldError } from '../errors/domain-error.js';

/** RFC 9457 problem details, with this API's members `code`, `requestId` and `errors`. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  code: string;
  requestId: string;
  errors?: FieldError[];
}

/** The only place where a kind of error becomes an HTTP status. */
export const KIND_STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  denied: 403,
  not_found: 404,
  conflict: 409,
  precondition_failed: 412,
  too_large: 413,
  unsupported_media: 415,
  precondition_required: 428,
  rate_limited: 429,
  upstream: 502,
  unavailable: 503,
};

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';
const TYPE_PREFIX = 'urn:blindspotx:problem:';

export function problemOf(error: DomainError, requestId: string): Problem {
  return {
    type: TYPE_PREFIX + error.code,
    title: error.title,
    status: KIND_STATUS[error.kind],
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    code: error.code,
    requestId,
    ...(error.errors.length === 0 ? {} : { errors: error.errors }),
  };
}

/** What a client sees of a fault that is ours: the id under which the log has the rest, and nothing else. */
export function internalProblem(requestId: string): Problem {
  return {
    type: `${TYPE_PREFIX}service.internal`,
    title: 'Something went wrong on our side',
    status: 500,
    detail: 'The fault is in the log under this request id.',
    code: 'service.internal',
    requestId,
  };
}
