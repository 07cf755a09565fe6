import { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Histogram } from 'prom-client';
import { type RequestContext, runWithContext } from '../kernel/context/request-context.js';
import { traceIdOf } from '../kernel/context/traceparent.js';
import { newId } from '../kernel/ids/ids.js';
import type { Logger } from '../observability/logger.js';
import { DOCS_CONTENT_SECURITY_POLICY } from './openapi.js';
import { assertPlainInput } from './validation.js';

const REQUEST_ID = /^[\w.:-]{1,128}$/;
/** Probes and scrapes come every few seconds and say nothing. */
const UNLOGGED = /^\/(health\/|metrics)/;

/**
 * What happens around every request, whatever its route: an id, a trace, a log line, a measurement, security headers for
 * answers that must not be kept. Hooks and not interceptors, because they also see what guards refuse, and cost less.
 */
export function registerHttpHooks(fastify: FastifyInstance, logger: Logger, durations: Histogram): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const context = contextOf(request);
    reply.header('X-Request-Id', context.requestId);
    runWithContext(context, done);
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    try {
      assertPlainInput(request.params);
      assertPlainInput(request.query);
      assertPlainInput(request.body);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (request.url.startsWith('/api/docs')) reply.header('Content-Security-Policy', DOCS_CONTENT_SECURITY_POLICY);
    done(null, payload);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    if (!UNLOGGED.test(request.url)) {
      logger.info(
        {
          method: request.method,
          route,
          status: reply.statusCode,
          durationMs: Math.round(reply.elapsedTime * 10) / 10,
          sourceAddress: request.ip,
          ...((request as { actor?: { id: string } }).actor === undefined
            ? {}
            : { actorId: (request as { actor?: { id: string } }).actor?.id }),
        },
        'request',
      );
    }
    done();
  });
}

function contextOf(request: FastifyRequest): RequestContext {
  const given = request.headers['x-request-id'];
  const userAgent = request.headers['user-agent'];
  return {
    requestId: typeof given === 'string' && REQUEST_ID.test(given) ? given : newId(),
    traceId: traceIdOf(request.headers['traceparent']?.toString()),
    sourceAddress: request.ip,
    userAgent: userAgent === undefined ? null : userAgent.slice(0, 512),
  };
}
