import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DomainError } from '../kernel/errors/domain-error.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { KIND_STATUS } from '../kernel/problem/problem.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { errorResponse, SCIM_MEDIA_TYPE } from './protocol/messages.js';

/** Faults of the SCIM endpoints leave as RFC 7644 3.12 wants them. What is ours is logged whole and answered bare. */
@Injectable()
@Catch()
export class ScimErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    this.answer(thrown, host.switchToHttp().getResponse<FastifyReply>());
  }

  answer(thrown: unknown, reply: FastifyReply): void {
    if (reply.sent) return;
    const { error, status, body } = this.describe(thrown, String(reply.getHeader('x-request-id') ?? 'none'));
    if (error?.retryAfterSeconds !== undefined) reply.header('Retry-After', String(Math.ceil(error.retryAfterSeconds)));
    if (status === 401) reply.header('WWW-Authenticate', 'Bearer realm="scim"');
    void reply.status(status).header('Content-Type', SCIM_MEDIA_TYPE).header('Cache-Control', 'no-store').send(body);
  }

  /** The answer to a fault, also within a bulk; logs what is ours. */
  describe(thrown: unknown, requestId: string) {
    const error = domainErrorOf(thrown);
    const status = error === undefined ? 500 : KIND_STATUS[error.kind];
    const code = error?.code ?? 'service.internal';
    if (error === undefined) this.logger.error({ err: thrown, errorCode: code }, 'a request failed by our fault');
    else if (status >= 500) this.logger.warn({ err: error, errorCode: code }, 'a request could not be served');
    return { error, status, body: errorResponse(error, requestId) };
  }
}

/** What the HTTP server refuses by itself is the client's fault; undefined for what is ours. */
function domainErrorOf(thrown: unknown): DomainError | undefined {
  if (thrown instanceof DomainError) return thrown;
  const { statusCode } = (thrown ?? {}) as { statusCode?: unknown };
  const status = thrown instanceof HttpException ? thrown.getStatus() : statusCode;
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  if (status === KIND_STATUS.too_large) return kernelError('request.too_large', { cause: thrown });
  if (status === KIND_STATUS.not_found) return kernelError('request.not_found', { cause: thrown });
  return kernelError('request.invalid', { detail: 'The body is not JSON, or of another media type.', cause: thrown });
}
