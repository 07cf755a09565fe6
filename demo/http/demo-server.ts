import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DemoReply, type DemoRequest, jsonReply, readRequest, writeReply } from './exchange.js';

export type Handler = (request: DemoRequest) => Promise<DemoReply> | DemoReply;

export interface ListeningServer {
  port: number;
  close(): Promise<void>;
}

/** Listens on loopback only. With `tls` it is the https back channel, without it the port for browsers. */
export async function listen(
  handler: Handler,
  port: number,
  tls?: { key: string; cert: string },
): Promise<ListeningServer> {
  const channel = tls ? 'back' : 'front';
  const listener = (message: IncomingMessage, response: ServerResponse) => {
    void respond(handler, channel, message, response);
  };
  const server: Server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Error(`The demo tenant cannot listen on port ${port}: ${error.message}`)),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  handler: Handler,
  channel: DemoRequest['channel'],
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let reply: DemoReply;
  try {
    reply = await handler(await readRequest(message, channel));
  } catch (error) {
    reply = jsonReply(
      { error: { code: 'InternalServerError', message: error instanceof Error ? error.message : String(error) } },
      500,
    );
  }
  if (reply.delayMs) await sleep(reply.delayMs, undefined, { ref: false });
  if (!response.destroyed) writeReply(response, reply);
}
