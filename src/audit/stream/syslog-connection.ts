import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { SinkRefused } from './audit-sink.js';
import { WatchedConnection } from './watched-connection.js';

/** RFC 5425 4.1. */
const DEFAULT_PORT = 6514;
const CONNECT_TIMEOUT_MS = 10_000;
const LEAST_WAIT_MS = 10;

export interface SyslogPeer {
  /** tls://host[:port] */
  url: string;
  /** PEM; without it the authorities that Node trusts. */
  caFile?: string | undefined;
  /** PEM with certificate and private key, when the receiver wants to know who sends. */
  certificateFile?: string | undefined;
  /** Whether only the closing alert of TLS counts as an answer, as RFC 5425 4.4 demands it; else hanging up does too. */
  needsCloseAlert: boolean;
}

/** A connection to a syslog receiver, good for one batch. */
export class SyslogConnection {
  private readonly failed: Promise<never>;
  private readonly ended: Promise<void>;

  private constructor(
    private readonly socket: TLSSocket,
    private readonly watched: WatchedConnection,
    private readonly roundTripMs: number,
    private readonly needsCloseAlert: boolean,
    signal: AbortSignal,
  ) {
    this.ended = new Promise((resolve) => socket.once('end', resolve));
    this.failed = new Promise((_resolve, reject) => {
      socket.on('error', (error) => reject(new SinkRefused(sentenceOf(error))));
      socket.once('close', () => reject(new SinkRefused('The receiver closed the connection.')));
      signal.addEventListener('abort', () => reject(new SinkRefused('The receiver did not confirm in time.')));
    });
    this.failed.catch(() => undefined);
    // A receiver has nothing to say; whatever it says is passed over, so that its end is seen.
    socket.resume();
  }

  /** @throws SinkRefused */
  static async open(peer: SyslogPeer, signal: AbortSignal): Promise<SyslogConnection> {
    const { hostname, port } = new URL(peer.url);
    const host = hostname.replace(/^\[|\]$/g, '');
    // Read each time: certificates are renewed while the service runs.
    const [ca, certificate] = await Promise.all([read(peer.caFile), read(peer.certificateFile)]);
    const startedAt = performance.now();
    const watched = new WatchedConnection(connectTcp({ host, port: port === '' ? DEFAULT_PORT : Number(port) }));
    try {
      const socket = connectTls({
        socket: watched,
        host,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        ...(isIP(host) === 0 ? { servername: host } : {}),
        ...(ca === undefined ? {} : { ca }),
        ...(certificate === undefined ? {} : { cert: certificate, key: certificate }),
      });
      await secured(socket, AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]));
      return new SyslogConnection(socket, watched, performance.now() - startedAt, peer.needsCloseAlert, signal);
    } catch (error) {
      watched.destroy();
      throw error instanceof SinkRefused ? error : new SinkRefused(sentenceOf(error as Error));
    }
  }

  /**
   * Sends, waits for as long as the receiver needed to connect, and closes. A receiver that hangs up by itself shows in that time,
   * and isn't taken for one that has read it all.
   *
   * @throws SinkRefused
   */
  async send(bytes: Buffer): Promise<void> {
    const { socket, failed } = this;
    await Promise.race([new Promise<void>((resolve) => socket.write(bytes, () => resolve())), failed]);
    const wait = sleep(Math.max(LEAST_WAIT_MS, this.roundTripMs), false);
    if (await Promise.race([this.ended.then(() => true), wait, failed]))
      throw new SinkRefused('The receiver closed the connection before it had all records.');
    socket.end();
    await Promise.race([this.ended, failed]);
    if (this.needsCloseAlert && !this.watched.endedWithAlert)
      throw new SinkRefused('The receiver closed the connection without the closing alert of TLS (RFC 5425 4.4).');
  }

  close(): void {
    this.socket.destroy();
    this.watched.destroy();
  }
}

function secured(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    // Stays: an error nobody listens to would end the process.
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('closed')));
    signal.addEventListener('abort', () => reject(new Error('too late')), { once: true });
  });
}

async function read(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    throw new SinkRefused(`A certificate file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
}

/** Never the error's own text, which can carry what the receiver wrote. */
function sentenceOf(error: Error): string {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return 'The connection to the receiver was closed.';
  if (/CERT|SSL|TLS|PEM|ALTNAME|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)/.test(code)) {
    return `The certificates of receiver and sender do not fit (${code}).`;
  }
  return `The receiver cannot be reached (${code}).`;
}
