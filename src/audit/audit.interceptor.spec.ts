import { Writable } from 'node:stream';
import { Controller, Delete, type ExecutionContext, Get, NotFoundException } from '@nestjs/common';
import { Counter } from 'prom-client';
import { lastValueFrom, of, throwError } from 'rxjs';
import type { UserActor } from '../access/actor.js';
import type { ChangeFeed } from '../database/change-feed.service.js';
import { defineErrors } from '../kernel/errors/domain-error.js';
import { createLogger } from '../observability/logger.js';
import { AuditInterceptor } from './audit.interceptor.js';
import type { AuditService } from './audit.service.js';

const ACTOR: UserActor = { type: 'user', id: 'u1', displayName: 'Ada', tenantId: 't', sessionId: 's', scopes: null };
const testError = defineErrors({
  'test.denied': { kind: 'denied', title: 'No' },
  'test.conflict': { kind: 'conflict', title: 'Twice' },
  'test.away': { kind: 'unavailable', title: 'Away' },
});

@Controller('things')
class ThingsController {
  @Get()
  list(): void {}
  @Delete()
  remove(): void {}
}

describe('the audit interceptor', () => {
  const denials: unknown[] = [];
  const records: unknown[] = [];
  let lines: Record<string, unknown>[] = [];
  let auditIsAway = false;
  /** What the interceptor needs of the service; the service itself is tested on a database. */
  const audit = {
    recordDenial: async (_actor: UserActor, denial: unknown) => {
      if (auditIsAway) throw new Error('database away');
      denials.push(denial);
    },
    recordAlone: async (_actor: unknown, entry: unknown) => {
      records.push(entry);
    },
  } as unknown as AuditService;
  const feed = { settled: async () => undefined } as unknown as ChangeFeed;
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const counted = new Counter({ name: 'denials', help: 'of the test', labelNames: ['reason'], registers: [] });
  const interceptor = new AuditInterceptor(audit, feed, createLogger('info', destination), counted);

  beforeEach(() => {
    denials.length = 0;
    records.length = 0;
    lines = [];
    auditIsAway = false;
    counted.reset();
  });

  function handle(method: string, outcome: Parameters<AuditInterceptor['intercept']>[1], actor?: UserActor) {
    const handler = method === 'GET' ? ThingsController.prototype.list : ThingsController.prototype.remove;
    const context = {
      getClass: () => ThingsController,
      getHandler: () => handler,
      switchToHttp: () => ({ getRequest: () => ({ method, actor, routeOptions: { url: '/api/v1/things' } }) }),
    } as unknown as ExecutionContext;
    return lastValueFrom(interceptor.intercept(context, outcome));
  }
  const failing = (error: unknown) => ({ handle: () => throwError(() => error) });

  it('logs who did what on a mutating route, and records nothing twice', async () => {
    await expect(handle('DELETE', { handle: () => of('done') }, ACTOR)).resolves.toBe('done');
    expect(lines).toMatchObject([
      {
        message: 'access',
        action: 'ThingsController.remove',
        route: 'DELETE /api/v1/things',
        actorId: 'u1',
        outcome: 'success',
      },
    ]);
    expect([denials, records]).toEqual([[], []]);
  });

  it('leaves reads alone', async () => {
    await handle('GET', { handle: () => of('read') }, ACTOR);
    await expect(handle('GET', failing(testError('test.denied')), ACTOR)).rejects.toMatchObject({
      code: 'test.denied',
    });
    expect([lines, denials]).toEqual([[], []]);
    expect((await counted.get()).values).toEqual([]);
  });

  it('records a refusal that a service decided', async () => {
    await expect(handle('DELETE', failing(testError('test.denied')), ACTOR)).rejects.toMatchObject({
      code: 'test.denied',
    });
    expect(denials).toEqual([{ permission: null, route: 'DELETE /api/v1/things', reason: 'test.denied: No' }]);
    expect((await counted.get()).values).toEqual([{ labels: { reason: 'test.denied' }, value: 1 }]);
    expect(lines).toMatchObject([{ outcome: 'denied', errorCode: 'test.denied' }]);
  });

  it.each([
    ['an unexpected error', new Error('secret detail'), 'service.internal'],
    ['a part that is away', testError('test.away'), 'test.away: Away'],
  ])('records a failure by our fault: %s', async (_what, error, reason) => {
    await expect(handle('DELETE', failing(error), ACTOR)).rejects.toBe(error);
    expect(records).toMatchObject([{ action: 'access.request.failed', outcome: 'failure', reason }]);
  });

  it.each([
    ['a conflict', testError('test.conflict')],
    ['a client’s fault of the framework', new NotFoundException()],
  ])('only logs %s', async (_what, error) => {
    await expect(handle('DELETE', failing(error), ACTOR)).rejects.toBe(error);
    expect([denials, records]).toEqual([[], []]);
    expect(lines).toMatchObject([{ outcome: 'rejected' }]);
  });

  it('answers with the refusal even when it cannot be recorded', async () => {
    auditIsAway = true;
    await expect(handle('DELETE', failing(testError('test.denied')), ACTOR)).rejects.toMatchObject({
      code: 'test.denied',
    });
  });
});
