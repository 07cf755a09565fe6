import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

const YAML = 'application/yaml';

/** Lets clients send the YAML (RFC 9512) itself: its text is then the member `document` of a JSON body. */
@Injectable()
export class DocumentBodies implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const { httpAdapter } = this.host;
    // Without HTTP, as in a worker, nobody sends anything.
    if ((httpAdapter ?? null) === null || httpAdapter.getType() !== 'fastify') return;
    const fastify = httpAdapter.getInstance<FastifyInstance>();
    if (fastify.hasContentTypeParser(YAML)) return;
    fastify.addContentTypeParser(YAML, { parseAs: 'string' }, (_request, body, done) => done(null, { document: body }));
  }
}
