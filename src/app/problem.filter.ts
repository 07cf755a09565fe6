import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refusedLog } from '../audit/read/refused-log.js';
import { currentContext } from '../kernel/context/request-context.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { unsupportedMediaType } from '../kernel/http/media-types.js';
import {
  internalProblem,
  KIND_STATUS,
  PROBLEM_MEDIA_TYPE,
  type Problem,
  problemOf,
} from '../kernel/problem/problem.js';
import { LOGGER, type Logger } from '../observability/logger.js';

/** Every fault leaves as problem+json (RFC 9457). What isn't a DomainError or a client's fault is ours: logged whole, answered bare. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const requestId = currentContext()?.requestId ?? 'none';
    const error = asDomainError(thrown, http.getRequest<FastifyRequest>());
    const problem = error === undefined ? internalProblem(requestId) : problemOf(error, requestId);
    if (error === undefined) this.logger.error({ err: thrown, code: problem.code }, 'a request failed by our fault');
    else if (problem.status >= 500)
      this.logger.warn({ err: error, code: problem.code }, 'a request could not be served');
    sendProblem(reply, problem, error?.retryAfterSeconds);
  }
}

/** RFC 6750 3 and RFC 9449 7.1: either scheme may be tried. */
const CHALLENGES = 'Bearer, DPoP algs="ES256 RS256 PS256"';

export function sendProblem(reply: FastifyReply, problem: Problem, retryAfterSeconds?: number): void {
  if (reply.sent) return;
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', String(Math.ceil(retryAfterSeconds)));
  if (problem.status === 401) reply.header('WWW-Authenticate', CHALLENGES);
  reply
    .status(problem.status)
    .header('Content-Type', PROBLEM_MEDIA_TYPE)
    .header('Cache-Control', 'no-store')
    .send(problem);
}

/** What Nest and Fastify throw by themselves, in our words; undefined for what is nobody's fault but ours. */
export function asDomainError(thrown: unknown, request: FastifyRequest): DomainError | undefined {
  if (thrown instanceof DomainError) return thrown;
  // Much of what is shown of the trail looks into its tree, some of it only at times: whatever meets it refused says so.
  const refused = refusedLog(thrown);
  if (refused !== undefined) return refused;
  const status = statusOf(thrown);
  if (status === undefined || status < 400 || status >= 500) return undefined;
  if (status === KIND_STATUS.unsupported_media) return unsupportedMediaType(request, thrown);
  return kernelError(CODE_OF_STATUS[status] ?? 'request.invalid', { detail: detailOf(thrown, request), cause: thrown });
}

/** Fastify's own messages speak of the client's request, never of our insides. Nest hands them on in an error of its own. */
function detailOf(thrown: unknown, { routeOptions }: FastifyRequest): string | undefined {
  const fault = thrown instanceof HttpException ? thrown.cause : thrown;
  const { code, message } = (fault ?? {}) as { code?: unknown; message?: string };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return `The body may have ${routeOptions.bodyLimit} bytes at most.`;
  return typeof code === 'string' && code.startsWith('FST_') ? message : undefined;
}

function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

const CODE_OF_STATUS: Record<number, Parameters<typeof kernelError>[0]> = {
  [KIND_STATUS.not_found]: 'request.not_found',
  405: 'request.not_found',
  [KIND_STATUS.too_large]: 'request.too_large',
  414: 'request.too_large',
  [KIND_STATUS.rate_limited]: 'request.rate_limited',
};
