import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import { RequestMethod } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { getToken } from '@willsoto/nestjs-prometheus';
import type { Histogram } from 'prom-client';
import type { DataSource } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { type Logger, NestLogger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import { AppModule } from './app.module.js';
import { registerHttpHooks } from './http-hooks.js';
import { serveOpenApi } from './openapi.js';
import { ProblemFilter } from './problem.filter.js';
import { validationPipe } from './validation.js';

/** Everything that answers outside /api/v1. */
const UNPREFIXED = ['metrics', 'health/*path', '.well-known/*path', ''];
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
    trustProxy: (_address, hop) => hop < settings.TRUSTED_PROXIES,
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
  registerHttpHooks(fastify, logger, app.get<Histogram>(getToken(METRIC.httpRequestDuration)));
  await app.register(cookie);
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }, useDefaults: false },
    hsts: settings.PUBLIC_URL?.startsWith('https://') ? { maxAge: 31_536_000, includeSubDomains: true } : false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  serveOpenApi(app);
  return app;
}
