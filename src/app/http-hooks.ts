import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { AuthenticatedRequest } from '../access/access.decorators.js';
import { type RequestContext, runWithContext } from '../kernel/context/request-context.js';
import { traceIdOf } from '../kernel/context/traceparent.js';
import { assertMediaType, type BodyConfig } from '../kernel/http/media-types.js';
import { newId } from '../kernel/ids/ids.js';
import { type Logger, requestLogger } from '../observability/logger.js';
import type { RequestDurations } from '../observability/request-durations.js';
import type { SecurityHeaders } from './security-headers.js';
import { assertPlainInput } from './validation.js';

const REQUEST_ID = /^[\w.:-]{1,128}$/;
/** Probes and scrapes come every few seconds and say nothing. */
const UNLOGGED = /^\/(health\/|metrics)/;
const MAX_USER_AGENT_LENGTH = 512;

type HookedRequest = FastifyRequest & AuthenticatedRequest & { requestContext?: RequestContext };

/**
 * What happens around every request, whatever its route: an id, a trace, a log line, a measurement, security headers. Hooks and
 * not interceptors, because they also see what guards refuse, and cost less.
 */
export function registerHttpHooks(
  fastify: FastifyInstance,
  logger: Logger,
  durations: RequestDurations,
  headers: SecurityHeaders,
): void {
  const access = requestLogger(logger);
  fastify.decorateRequest('requestContext');
  fastify.decorateRequest('actor');
  fastify.addHook('onRoute', (route) => {
    const { bodyLimit } = (route.config ?? {}) as BodyConfig;
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
  fastify.addHook('onRequest', (request: HookedRequest, reply, done) => {
    const context = contextOf(request);
    request.requestContext = context;
    reply.headers(request.url.startsWith('/api/docs') ? headers.docs : headers.api);
    reply.header('x-request-id', context.requestId);
    runWithContext(context, done);
  });
  fastify.addHook('preParsing', (request, _reply, _payload, done) => {
    try {
      assertMediaType(request);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    try {
      assertPlainInput(request.params);
      assertPlainInput(request.query);
      if (request.body !== undefined) assertPlainInput(request.body);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  fastify.addHook('onResponse', (request: HookedRequest, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const durationMs = reply.elapsedTime;
    durations.count(request.method, route, reply.statusCode, durationMs / 1000);
    if (!UNLOGGED.test(request.url)) access.info(logLine(request, reply, route, durationMs), 'request');
    done();
  });
}

function logLine(request: HookedRequest, reply: FastifyReply, route: string, durationMs: number) {
  return {
    method: request.method,
    route,
    status: reply.statusCode,
    durationMs: Math.round(durationMs * 10) / 10,
    sourceAddress: request.requestContext?.sourceAddress,
    // Pino leaves out what is undefined.
    actorId: request.actor?.id,
  };
}

function contextOf(request: FastifyRequest): RequestContext {
  const { headers } = request;
  const given = headers['x-request-id'];
  const userAgent = headers['user-agent'];
  return {
    requestId: typeof given === 'string' && REQUEST_ID.test(given) ? given : newId(),
    // Node joins what comes more than once, so that it is text or nothing.
    traceId: traceIdOf(headers['traceparent'] as string | undefined),
    sourceAddress: request.ip,
    userAgent: userAgent === undefined ? null : userAgent.slice(0, MAX_USER_AGENT_LENGTH),
  };
}
