import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GraphClient } from '../../entra/graph-client.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../entra/graph-client-options.js';
import { GraphFault } from '../../entra/graph-fault.js';
import { GraphRoot } from '../../entra/graph-links.js';
import type { TokenSource } from '../../entra/graph-sender.js';
import { TenantWriter } from './tenant-writer.js';

describe('what is sent to a tenant', () => {
  let server: Server;
  let calls: string[];
  let answer: (path: string) => [status: number, body: object];
  const noToken = new GraphFault('token', 'sign-in of this service', 'no token');

  beforeAll(async () => {
    server = createServer((request, response) => {
      calls.push(request.url ?? '');
      const [status, body] = answer(request.url ?? '');
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  });
  beforeEach(() => {
    calls = [];
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });

  const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1.0`;
  function writer(token: TokenSource): TenantWriter {
    const observer = { requested: () => undefined, paused: () => undefined };
    const client = new GraphClient(new GraphRoot(base()), token, observer, GRAPH_CLIENT_DEFAULTS);
    const one = new TenantWriter(client, new AbortController().signal, async () => undefined);
    one.begin();
    return one;
  }

  it('has not left the house while there is no token for it', async () => {
    const one = writer(() => Promise.reject(noToken));
    await expect(one.send('PATCH', '/x', {})).rejects.toBe(noToken);
    expect([one.hasSent, calls]).toEqual([false, []]);
  });

  it('was not done where the token was refused and there is no other', async () => {
    answer = () => [401, {}];
    const one = writer((fresh) => (fresh ? Promise.reject(noToken) : Promise.resolve('stale')));
    await expect(one.send('PATCH', '/x', {})).rejects.toBe(noToken);
    expect([one.hasSent, calls.length]).toEqual([false, 1]);
  });

  it('may have been done where the answer says nothing', async () => {
    answer = () => [502, {}];
    const one = writer(async () => 'token');
    await expect(one.send('PATCH', '/x', {})).rejects.toMatchObject({ kind: 'unavailable' });
    expect(one.hasSent).toBe(true);
  });

  it('looks for what a request is about, and at no more pages than say that it is there twice', async () => {
    let page = 0;
    answer = () => {
      page += 1;
      return [
        200,
        { value: [{ id: `${page}`, name: 'a' }, { id: 'x' }], '@odata.nextLink': `${base()}/list?p=${page}` },
      ];
    };
    const found = await writer(async () => 'token').find('/list', ({ name }) => name === 'a');
    expect(found.map(({ id }) => id)).toEqual(['1', '2']);
    expect(calls.length).toBeLessThanOrEqual(3);
  });
});
