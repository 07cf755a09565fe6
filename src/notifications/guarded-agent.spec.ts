import type { lookup } from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Agent, request } from 'undici';
import { AddressRefused, guardedAgent } from './guarded-agent.js';

describe('the agent that webhooks are sent by', () => {
  let server: Server;
  let port: number;
  let requests = 0;
  const agents: Agent[] = [];

  beforeAll(async () => {
    server = createServer((_request, response) => {
      requests++;
      response.end('ok');
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => {
    requests = 0;
  });
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.destroy()));
    await new Promise((closed) => server.close(closed));
  });

  /** Answers as a resolver would that an attacker controls. */
  const resolvingTo = (...addresses: string[]) =>
    ((_name: string, _options: unknown, callback: (...result: unknown[]) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as unknown as typeof lookup;

  async function post(host: string, allowPrivate: boolean, resolver?: typeof lookup): Promise<number> {
    const agent = guardedAgent({ allowPrivate, connectTimeoutMs: 2000, resolver });
    agents.push(agent);
    const { statusCode, body } = await request(`http://${host}:${port}/`, { method: 'POST', dispatcher: agent });
    await body.dump();
    return statusCode;
  }

  it.each([
    ['an address', '127.0.0.1', undefined],
    ['an IPv6 address that hides an IPv4 one', '[::ffff:127.0.0.1]', undefined],
    ['a name of the machine itself', 'localhost', undefined],
    ['a name that resolves to loopback', 'hooks.example.com', resolvingTo('127.0.0.1')],
    ['a name of which one address is not public', 'hooks.example.com', resolvingTo('93.184.215.14', '127.0.0.1')],
    ['a name that resolves to the mapped form', 'hooks.example.com', resolvingTo('::ffff:127.0.0.1')],
    ['a name that resolves to the metadata service', 'hooks.example.com', resolvingTo('169.254.169.254')],
    ['a name that resolves to nothing', 'hooks.example.com', resolvingTo()],
  ])('refuses %s without connecting', async (_what, host, resolver) => {
    await expect(post(host, false, resolver)).rejects.toBeInstanceOf(AddressRefused);
    expect(requests).toBe(0);
  });

  it('fails closed when the resolver fails', async () => {
    const failing = ((_name: string, _options: unknown, callback: (...result: unknown[]) => void) =>
      callback(Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' }))) as unknown as typeof lookup;
    await expect(post('hooks.example.com', false, failing)).rejects.toMatchObject({ code: 'EAI_AGAIN' });
    await expect(post('hooks.example.com', true, failing)).rejects.toMatchObject({ code: 'EAI_AGAIN' });
    expect(requests).toBe(0);
  });

  it('connects to the address that was checked: the name is not asked again', async () => {
    let asked = 0;
    const first = resolvingTo('127.0.0.1');
    const rebinding = ((...call: Parameters<typeof first>) => {
      asked++;
      first(...call);
    }) as typeof lookup;
    expect(await post('hooks.example.com', true, rebinding)).toBe(200);
    expect([asked, requests]).toEqual([1, 1]);
  });

  it('reaches loopback when the installation allows it, and link-local never', async () => {
    expect(await post('127.0.0.1', true)).toBe(200);
    expect(await post('localhost', true, resolvingTo('127.0.0.1'))).toBe(200);
    await expect(post('hooks.example.com', true, resolvingTo('169.254.169.254'))).rejects.toBeInstanceOf(
      AddressRefused,
    );
  });
});
