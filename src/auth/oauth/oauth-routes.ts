import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { OAuthErrorFilter } from './oauth-error.filter.js';

const OAUTH_ROUTE = /\/auth\/(?:token|introspect|revoke|backchannel-logout)$/;
/** An assertion or a token of Entra ID with many groups fits; nothing else is long. */
const MAX_BODY_BYTES = 32_768;

/**
 * What the HTTP server refuses before a controller is asked, a body that is too large or in another media type, is answered by
 * the OAuth endpoints in OAuth's words too.
 */
@Injectable()
export class OAuthRoutes {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly filter: OAuthErrorFilter,
  ) {}

  /** To be called before routes are registered. */
  prepare(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRoute', (route) => {
      if (!OAUTH_ROUTE.test(route.url)) return;
      route.bodyLimit = MAX_BODY_BYTES;
      route.config = { ...route.config, mediaTypes: 'own' } as typeof route.config;
      route.errorHandler = (error, _request, reply) => this.filter.answer(error, reply);
    });
  }
}
