import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GraphClient } from '../../entra/graph-client.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../entra/graph-client-options.js';
import { GraphRoot } from '../../entra/graph-links.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { withChildren } from './read-children.js';
import { TypeCollector } from './type-collector.js';

describe('what stands below the objects of a page', () => {
  let server: Server;
  let client: GraphClient;
  /** Status by path without query; anything else is an empty list. */
  let statuses: Record<string, number>;

  beforeAll(async () => {
    const statusOf = (url: string) => statuses[url.replace(/^\/v1\.0/, '').replace(/\?.*$/, '')] ?? 200;
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const url = request.url ?? '';
        const answer = (status: number, body: unknown) =>
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        if (url !== '/v1.0/$batch') return void answer(statusOf(url), { id: 'x', value: [] });
        const { requests } = JSON.parse(Buffer.concat(chunks).toString()) as {
          requests: { id: string; url: string }[];
        };
        const responses = requests.map(({ id, url: path }) => ({ id, status: statusOf(path), body: { value: [] } }));
        return void answer(200, { responses });
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const root = new GraphRoot(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1.0`);
    const observer = { requested: () => undefined, paused: () => undefined };
    client = new GraphClient(root, async () => 'token', observer, GRAPH_CLIENT_DEFAULTS);
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });

  async function read() {
    const { collect } = RESOURCE_TYPE_CATALOGUE.group;
    if (collect.kind !== 'referenced' || collect.children === undefined) throw new Error('groups have no children');
    const collector = new TypeCollector(RESOURCE_TYPE_CATALOGUE.group);
    const page = [{ id: 'a' }, { id: 'b' }];
    const whole = await withChildren(client, collector, collect.children, page, new AbortController().signal);
    await collector.add([]);
    return { ids: whole.map(({ id }) => id), status: collector.status };
  }

  it('leaves out an object that was deleted meanwhile, and the type stays complete', async () => {
    statuses = { '/groups/a/members': 404, '/groups/a/owners': 404, '/groups/a': 404 };
    expect(await read()).toEqual({ ids: ['b'], status: 'complete' });
  });

  it.each([200, 403])('makes the type incomplete when only the part is not found (the object: %s)', async (status) => {
    statuses = { '/groups/a/members': 404, '/groups/a': status };
    expect(await read()).toEqual({ ids: ['b'], status: 'partial' });
  });

  it('makes the type incomplete when a part may not be read', async () => {
    statuses = { '/groups/a/members': 403 };
    expect(await read()).toEqual({ ids: ['b'], status: 'partial' });
  });
});
