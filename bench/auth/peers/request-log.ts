import type { FastifyInstance } from 'fastify';
import { type RequestContext, runWithContext } from '../../../src/kernel/context/request-context.js';
import { traceIdOf } from '../../../src/kernel/context/traceparent.js';
import { newId } from '../../../src/kernel/ids/ids.js';
import { createLogger, requestLogger } from '../../../src/observability/logger.js';

/** The log line of one request, with the members that ours has. */
export interface RequestLine {
  method: string;
  route: string;
  status: number;
  durationMs: number;
  sourceAddress: string;
  actorId: string;
}

/** Peers without a guard know nobody; the line is as long all the same. */
export const NOBODY = '00000000-0000-7000-8000-000000000000';

const logger = requestLogger(createLogger('info'));

/** The logger that ours writes its request lines with, so that all variants pay the same for the same line. */
export function logRequest(line: RequestLine): void {
  logger.info(line, 'request');
}

export function contextOf(sourceAddress: string | undefined): RequestContext {
  return {
    requestId: newId(),
    traceId: traceIdOf(undefined),
    sourceAddress: sourceAddress ?? null,
    userAgent: null,
  };
}

/** A log line a request, with a request id that whatever works for the request could read. */
export function logFastifyRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => runWithContext(contextOf(request.ip), done));
  fastify.addHook('onResponse', (request, reply, done) => {
    logRequest({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
      sourceAddress: request.ip,
      actorId: NOBODY,
    });
    done();
  });
}
