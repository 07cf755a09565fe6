import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { jsonBodyParser } from '../kernel/http/json-body.js';
import { SCIM_JSON } from './protocol/messages.js';
import { ScimErrorFilter } from './scim-error.filter.js';

const SCIM_ROUTE = /^\/scim\/v2\//;
/** Bytes of a request, of a bulk too (ServiceProviderConfig says so). */
export const MAX_PAYLOAD_BYTES = 1_048_576;

/** SCIM's media type is read as JSON, and what the HTTP server refuses before a controller is asked is answered in SCIM's words. */
@Injectable()
export class ScimRoutes {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly filter: ScimErrorFilter,
  ) {}

  /** To be called before routes are registered. */
  prepare(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addContentTypeParser(
      SCIM_JSON,
      { parseAs: 'string', bodyLimit: MAX_PAYLOAD_BYTES },
      jsonBodyParser(fastify),
    );
    fastify.register(
      async (scope) => {
        scope.setNotFoundHandler((_request, reply) => this.filter.answer(kernelError('request.not_found'), reply));
      },
      { prefix: '/scim/v2' },
    );
    fastify.addHook('onRoute', (route) => {
      if (!SCIM_ROUTE.test(route.url)) return;
      route.bodyLimit = MAX_PAYLOAD_BYTES;
      route.errorHandler = (error, _request, reply) => this.filter.answer(error, reply);
    });
  }
}
