import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedWebhook {
  id: string;
  type: string;
  /** Whether the signature held (Standard Webhooks 1.0.0), checked with nothing but the endpoint's secret. */
  verified: boolean;
  body: unknown;
}

export interface WebhookReceiver {
  url: string;
  received: ReceivedWebhook[];
  /** The secret that the service gave out for this endpoint: `whsec_` and base64. */
  trust(secret: string): void;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 65_536;
const MAX_AGE_SECONDS = 300;

/** Somebody who wants to be told: a server on loopback that verifies what it gets. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  let secret: Buffer | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const header = (name: string) => String(request.headers[name] ?? '');
      const id = header('webhook-id');
      const verified =
        secret !== undefined && isSigned(secret, id, header('webhook-timestamp'), text, header('webhook-signature'));
      const body = parse(text);
      received.push({ id, type: (body as { type?: string } | null)?.type ?? '', verified, body });
      response.writeHead(verified ? 204 : 400).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    trust: (given) => {
      secret = Buffer.from(given.replace(/^whsec_/, ''), 'base64');
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function isSigned(secret: Buffer, id: string, timestamp: string, body: string, signatures: string): boolean {
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(age <= MAX_AGE_SECONDS)) return false;
  const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest();
  return signatures.split(' ').some((signature) => {
    const [version, encoded] = signature.split(',');
    const given = Buffer.from(encoded ?? '', 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
