import { HttpException } from '@nestjs/common';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { internalProblem, type Problem, problemOf } from '../../kernel/problem/problem.js';
import { oauthError } from './oauth.errors.js';

/** RFC 6749 5.2, with the members of this API's problems. */
export interface OAuthErrorBody extends Problem {
  error: string;
  error_description: string;
}

const OAUTH_CODE = /^oauth\.(\w+)$/;

/** `error` of RFC 6749 5.2 and its extensions; what isn't the client's fault has the names of 4.1.2.1. */
export function oauthErrorName(thrown: unknown): string {
  const error = asOAuthError(thrown);
  if (error === undefined) return 'server_error';
  const [, name] = OAUTH_CODE.exec(error.code) ?? [];
  if (name !== undefined) return name;
  const isOurs = error.kind === 'rate_limited' || error.kind === 'unavailable' || error.kind === 'upstream';
  return isOurs ? 'temporarily_unavailable' : 'invalid_request';
}

export function oauthErrorBody(thrown: unknown, requestId: string): OAuthErrorBody {
  const error = asOAuthError(thrown);
  const problem = error === undefined ? internalProblem(requestId) : problemOf(error, requestId);
  return { error: oauthErrorName(thrown), error_description: describable(problem.detail ?? problem.title), ...problem };
}

/** What the HTTP server itself refuses is a malformed request; undefined for what is nobody's fault but ours. */
export function asOAuthError(thrown: unknown): DomainError | undefined {
  if (thrown instanceof DomainError) return thrown;
  const { statusCode: serversStatus, code } = (thrown ?? {}) as { statusCode?: unknown; code?: unknown };
  const statusCode = thrown instanceof HttpException ? thrown.getStatus() : serversStatus;
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return undefined;
  if (statusCode === 413) return kernelError('request.too_large', { cause: thrown });
  // The server's own messages speak of size and media type, never of our insides.
  const isServers = typeof code === 'string' && code.startsWith('FST_');
  return oauthError('oauth.invalid_request', {
    ...(isServers ? { detail: (thrown as Error).message } : {}),
    cause: thrown,
  });
}

/** The characters that `error_description` may have. */
function describable(text: string): string {
  return text
    .replaceAll('’', "'")
    .replace(/["\\]/g, "'")
    .replace(/[^\x20-\x7E]/gu, '?');
}
