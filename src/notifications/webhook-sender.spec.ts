import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { Settings } from '../config/settings.js';
import { type SendOutcome, WebhookSender } from './webhook-sender.service.js';

type Receiver = (request: IncomingMessage, response: ServerResponse, body: string) => void;

describe('sending a webhook', () => {
  const secret = randomBytes(32);
  const never = new AbortController().signal;
  let server: Server;
  let origin: string;
  let receiver: Receiver;
  let sender: WebhookSender;
  let strict: WebhookSender;
  const paths: (string | undefined)[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      paths.push(request.url);
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => receiver(request, response, body));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    sender = new WebhookSender(Object.assign(new Settings(), { WEBHOOK_ALLOW_PRIVATE_ADDRESSES: true }));
    strict = new WebhookSender(new Settings());
  });
  beforeEach(() => {
    paths.length = 0;
  });
  afterAll(async () => {
    await sender.onApplicationShutdown();
    await strict.onApplicationShutdown();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  const send = (by = sender, timeoutMs?: number): Promise<SendOutcome> =>
    by.send(
      { id: 'msg_1', url: `${origin}/hook`, secrets: [secret], body: '{"type":"t","name":"Ž😀"}' },
      never,
      timeoutMs,
    );
  const answering = (status: number, headers: Record<string, string> = {}): Receiver => {
    return (_request, response) => response.writeHead(status, headers).end();
  };

  it('signs it so that an independent implementation of Standard Webhooks verifies it, and no changed one', async () => {
    let seen: { headers: Record<string, string>; body: string } | undefined;
    receiver = (request, response, body) => {
      seen = { headers: request.headers as Record<string, string>, body };
      response.writeHead(204).end();
    };
    expect(await send()).toMatchObject({ kind: 'delivered', status: 204, error: null });
    const oracle = new Webhook(`whsec_${secret.toString('base64')}`);
    const { headers, body } = seen ?? { headers: {}, body: '' };
    expect(oracle.verify(body, headers)).toEqual({ type: 't', name: 'Ž😀' });
    expect(headers['webhook-id']).toBe('msg_1');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(() => oracle.verify(body.replace('"t"', '"u"'), headers)).toThrow();
    expect(() => oracle.verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow();
    expect(() => new Webhook(randomBytes(32)).verify(body, headers)).toThrow();
  });

  it('does not follow a redirect', async () => {
    receiver = answering(302, { location: `${origin}/elsewhere` });
    const outcome = await send();
    expect(outcome).toMatchObject({ kind: 'failed', status: 302 });
    expect(outcome.error).toContain('redirects');
    expect(paths).toEqual(['/hook']);
  });

  it.each([
    [500, 'failed'],
    [404, 'failed'],
    [410, 'gone'],
    [201, 'delivered'],
  ] as const)('takes %i as %s', async (status, kind) => {
    receiver = answering(status);
    expect(await send()).toMatchObject({ kind, status });
  });

  it('hands on when the receiver wants to be asked again', async () => {
    receiver = answering(429, { 'retry-after': '77' });
    expect(await send()).toMatchObject({ kind: 'failed', status: 429, retryAfterSeconds: 77 });
  });

  it('gives up on a receiver that does not answer', async () => {
    receiver = () => undefined;
    const outcome = await send(sender, 200);
    expect(outcome).toMatchObject({ kind: 'failed', status: null });
    expect(outcome.error).toBe('The receiver did not answer within 0.2 s.');
  });

  it('counts the answer of a receiver whose body never ends', async () => {
    receiver = (_request, response) => {
      response.writeHead(200);
      response.write('x');
    };
    expect(await send(sender, 300)).toMatchObject({ kind: 'delivered', status: 200 });
  });

  it('reads no more than a little of a huge body', async () => {
    let written = 0;
    const chunk = Buffer.alloc(65_536);
    receiver = (_request, response) => {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && written < 1_000_000_000 && response.write(chunk)) written += chunk.length;
      };
      response.on('drain', write);
      write();
    };
    expect(await send()).toMatchObject({ kind: 'delivered' });
    expect(written).toBeLessThan(50_000_000);
  });

  it('survives a receiver that cuts the connection, and one with a huge head', async () => {
    receiver = (request) => request.socket.destroy();
    expect(await send()).toMatchObject({ kind: 'failed', status: null, error: 'The receiver closed the connection.' });
    receiver = answering(200, { 'x-large': 'x'.repeat(20_000) });
    expect(await send()).toMatchObject({ kind: 'failed', status: null });
  });

  it('sends nothing to loopback unless the installation allows it', async () => {
    receiver = answering(200);
    const outcome = await send(strict);
    expect(outcome).toMatchObject({ kind: 'failed', status: null });
    expect(paths).toEqual([]);
  });

  it('says of an unreachable receiver what is wrong, without addresses', async () => {
    const outcome = await sender.send(
      { id: 'm', url: 'http://127.0.0.1:1025/secret', secrets: [secret], body: '{}' },
      never,
    );
    expect(outcome).toMatchObject({ kind: 'failed', error: 'The receiver refuses connections.' });
  });

  it('stops when the service stops', async () => {
    receiver = () => undefined;
    const stopping = new AbortController();
    const outcome = sender.send({ id: 'm', url: `${origin}/hook`, secrets: [secret], body: '{}' }, stopping.signal);
    setTimeout(() => stopping.abort(), 50);
    expect(await outcome).toMatchObject({ kind: 'failed', error: 'The service stopped before the receiver answered.' });
  });
});
