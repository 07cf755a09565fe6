import { RequestMethod } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { getToken } from '@willsoto/nestjs-prometheus';
import type { DataSource } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { jsonBodyParser } from '../kernel/http/json-body.js';
import { type Logger, NestLogger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import type { RequestDurations } from '../observability/request-durations.js';
import { AppModule } from './app.module.js';
import { registerHttpHooks } from './http-hooks.js';
import { serveOpenApi } from './openapi.js';
import { ProblemFilter } from './problem.filter.js';
import { securityHeaders } from './security-headers.js';
import { validationPipe } from './validation.js';

/** Everything that answers outside /api/v1. */
const UNPREFIXED = ['metrics', 'health/*path', '.well-known/*path', 'scim/v2/*path', ''];
const MAX_BODY_BYTES = 1_048_576;
/** Longer than any load balancer's idle time, so that the server isn't the one who closes a connection in use. */
const KEEP_ALIVE_MS = 75_000;

/** The HTTP application as main starts it and as tests start it: same hooks, same pipes, same guards. */
export async function createHttpApp(
  settings: Settings,
  dataSource: DataSource,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: settings.TRUSTED_PROXIES > 0 && ((_address, hop) => hop < settings.TRUSTED_PROXIES),
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    logger: false,
    routerOptions: { maxParamLength: 512 },
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(settings, dataSource, logger), adapter, {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  app.setGlobalPrefix('api/v1', { exclude: UNPREFIXED.map((path) => ({ path, method: RequestMethod.ALL })) });
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new ProblemFilter(logger));

  const fastify = adapter.getInstance();
  // Before Nest adds its own when the application starts.
  adapter.useBodyParser('application/json', false, { bodyLimit: MAX_BODY_BYTES }, jsonBodyParser(fastify));
  registerHttpHooks(
    fastify,
    logger,
    app.get<RequestDurations>(getToken(METRIC.httpRequestDuration)),
    securityHeaders(settings),
  );
  serveOpenApi(app);
  return app;
}
