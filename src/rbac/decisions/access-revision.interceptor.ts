import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, map, mergeMap, type Observable } from 'rxjs';
import { AccessDecisions } from './access-decisions.service.js';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Says in `Access-Revision` at which revision this instance decides after a write: what a client demands with `atLeast` of another
 * instance. For controllers whose mutations change access: outside the interceptor that waits for the write to be known.
 */
@Injectable()
export class AccessRevisionInterceptor implements NestInterceptor {
  constructor(private readonly decisions: AccessDecisions) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    if (READS.has(http.getRequest<FastifyRequest>().method)) return next.handle();
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(
      mergeMap((value) =>
        from(this.decisions.revision()).pipe(
          map((revision) => {
            reply.header('Access-Revision', String(revision));
            return value as unknown;
          }),
        ),
      ),
    );
  }
}
