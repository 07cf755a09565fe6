import { once } from 'node:events';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import { gunzipSync } from 'node:zlib';

/** A syslog receiver over TLS on loopback (RFC 5425), as a SIEM has one. */
export class SyslogReceiver {
  /** Whole messages, in the order of their arrival. */
  readonly messages: string[] = [];
  connections = 0;
  /** Hangs up after so many messages of a connection. */
  hangUpAfter: number | undefined;
  /** Answers the sender's closing alert with none of its own: a bare end of the connection. */
  hangsUpSilently = false;
  /** Reads nothing. */
  isStuck = false;
  /** Connections of now. */
  readonly open = new Set<Socket>();
  private server: Server | undefined;
  private waiting: (() => void)[] = [];

  constructor(private readonly tls: TlsOptions) {}

  async listen(port = 0): Promise<string> {
    const server = createServer(this.tls, (socket) => {
      this.connections += 1;
      this.open.add(socket);
      socket.on('close', () => this.open.delete(socket));
      socket.on('error', () => undefined);
      if (!this.isStuck) this.read(socket);
    });
    server.on('tlsClientError', () => undefined);
    this.server = server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return `tls://localhost:${(server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    const { server } = this;
    if (server === undefined) return;
    server.close();
    await once(server, 'close');
  }

  /** The places in the log that arrived, in their order. */
  get leaves(): number[] {
    return this.messages.map((message) => Number(/leafIndex="(\d+)"/.exec(message)?.[1]));
  }

  /** Resolves as soon as the condition holds; asked after each message and connection. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private read(socket: Socket): void {
    let unread = Buffer.alloc(0);
    let count = 0;
    this.told();
    socket.on('end', () => {
      if (this.hangsUpSilently) socket.destroy();
    });
    socket.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      for (;;) {
        const space = unread.indexOf(' ');
        const length = Number(unread.toString('ascii', 0, Math.max(space, 0)));
        if (space < 1 || unread.length < space + 1 + length) break;
        this.messages.push(unread.toString('utf8', space + 1, space + 1 + length));
        unread = unread.subarray(space + 1 + length);
        count += 1;
        if (count === this.hangUpAfter) {
          socket.destroy();
          break;
        }
      }
      this.told();
    });
  }

  private told(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

export interface ReceivedBatch {
  headers: NodeJS.Dict<string | string[]>;
  lines: string[];
}

/** A receiver of batches over HTTPS on loopback. */
export class HttpsReceiver {
  /** Those that were answered with success. */
  readonly batches: ReceivedBatch[] = [];
  requests = 0;
  /** What to answer instead of 200; undefined: 200. */
  answer: (batch: ReceivedBatch) => { status: number; headers?: Record<string, string> } | undefined = () => undefined;
  private server: HttpsServer | undefined;
  private waiting: (() => void)[] = [];

  constructor(private readonly tls: TlsOptions) {}

  async listen(port = 0): Promise<string> {
    const server = createHttpsServer(this.tls, (request, reply) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
        const batch = { headers: request.headers, lines: text.split('\n').slice(0, -1) };
        const { status, headers } = this.answer(batch) ?? { status: 200, headers: {} };
        if (status === 200) this.batches.push(batch);
        this.requests += 1;
        reply.writeHead(status, headers).end('{}');
        for (const resolve of this.waiting.splice(0)) resolve();
      });
    });
    server.on('tlsClientError', () => undefined);
    this.server = server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return `https://localhost:${(server.address() as AddressInfo).port}/ingest`;
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  get leaves(): number[] {
    return this.batches.flatMap(({ lines }) =>
      lines.map((line) => (JSON.parse(line) as { leafIndex: number }).leafIndex),
    );
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
