import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { asOAuthError, oauthErrorBody } from './oauth-error-body.js';

/** Faults of the OAuth endpoints leave as RFC 6749 5.2 wants them. What is ours is logged whole and answered bare. */
@Catch()
export class OAuthErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    this.answer(thrown, host.switchToHttp().getResponse<FastifyReply>());
  }

  answer(thrown: unknown, reply: FastifyReply): void {
    if (reply.sent) return;
    const error = asOAuthError(thrown);
    const body = oauthErrorBody(thrown, String(reply.getHeader('x-request-id') ?? 'none'));
    if (error === undefined) this.logger.error({ err: thrown, code: body.code }, 'a request failed by our fault');
    else if (body.status >= 500) this.logger.warn({ err: error, code: body.code }, 'a request could not be served');
    if (error?.retryAfterSeconds !== undefined) reply.header('Retry-After', String(Math.ceil(error.retryAfterSeconds)));
    // RFC 6749 5.2: the scheme with which the client tried or may try.
    if (body.status === 401) reply.header('WWW-Authenticate', 'Basic realm="blindspotx", charset="UTF-8"');
    void reply
      .status(body.status)
      .header('Content-Type', 'application/json; charset=utf-8')
      .header('Cache-Control', 'no-store')
      .header('Pragma', 'no-cache')
      .send(body);
  }
}
