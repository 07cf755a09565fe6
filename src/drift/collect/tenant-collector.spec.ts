import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphClient } from '../../entra/graph-client.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../entra/graph-client-options.js';
import { GraphRoot } from '../../entra/graph-links.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { type KnownHeads, NO_HEADS } from '../snapshot/known-heads.js';
import { TenantCollector } from './tenant-collector.js';

/** As the database says it when it goes away. */
const GONE = new Error('Connection terminated unexpectedly');

function without(type: ResourceType): KnownHeads {
  return { ...NO_HEADS, table: (asked) => (asked === type ? Promise.reject(GONE) : NO_HEADS.table(asked)) };
}

describe('a tenant is read', () => {
  let server: Server;
  let collector: TenantCollector;
  let unhandled: unknown[];
  let throttled: string | null = null;
  const note = (reason: unknown) => void unhandled.push(reason);

  beforeAll(async () => {
    // Slower than our own configuration, which is there at once.
    server = createServer((request, response) => {
      if (throttled !== null && request.url?.startsWith(throttled))
        return void response.writeHead(429, { 'retry-after': '1', 'content-type': 'application/json' }).end('{}');
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"value":[]}'), 30);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const root = new GraphRoot(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1.0`);
    const client = new GraphClient(
      root,
      async () => 'token',
      { requested: () => undefined, paused: () => undefined },
      { ...GRAPH_CLIENT_DEFAULTS, conditionalAccessSpacingMs: 0 },
    );
    const own = { read: async () => new Map([['accessRole' as const, [{ id: 'a', name: 'x' }]]]) };
    const silent = { error: () => undefined, warn: () => undefined };
    collector = new TenantCollector({ of: () => client } as never, own, silent as never);
  });
  beforeEach(() => {
    unhandled = [];
    process.on('unhandledRejection', note);
  });
  afterEach(() => void process.off('unhandledRejection', note));
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });

  it.each(['accessRole', 'namedLocation'] as const)(
    'while our database fails, which costs %s and nothing else',
    async (type) => {
      const { collection } = await collector.read('t', without(type), new AbortController().signal);
      expect(collection.get(type)).toMatchObject({
        status: 'partial',
        reason: 'It could not be read by a fault of ours; the log has it.',
      });
      expect(collection.get('application')?.status).toBe('complete');
      await sleep(1);
      expect(unhandled).toEqual([]);
    },
  );

  it('no longer than there is time: what throttles without end is unread, and the rest is there', async () => {
    throttled = '/v1.0/domains';
    const never = new AbortController().signal;
    const { collection, again } = await collector.read('t', NO_HEADS, never, undefined, 3000);
    throttled = null;
    expect(collection.get('domain')).toMatchObject({
      status: 'failed',
      reason: 'It was not read within the 3 s there are.',
    });
    expect(collection.get('group')?.status).toBe('failed');
    expect(collection.get('application')?.status).toBe('complete');
    // What is read once more has a time of its own.
    expect([...(await again(new Map([['domain', new Map([['x', null]])]]), never))]).toEqual([
      ['domain', new Map([['x', null]])],
    ]);
  });

  it('and given up: nothing that nobody waits for ends the process', async () => {
    const stop = new AbortController();
    const reading = collector.read('t', without('accessRole'), stop.signal);
    stop.abort(GONE);
    await expect(reading).rejects.toBe(GONE);
    await sleep(1);
    expect(unhandled).toEqual([]);
  });
});
