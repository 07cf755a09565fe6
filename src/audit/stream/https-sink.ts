import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Agent, request } from 'undici';
import { retryAfterSeconds } from '../../kernel/net/retry-after.js';
import type { AuditFormat, SealedRecord } from '../formats/audit-format.js';
import { type AuditSink, type Delivered, SinkRefused } from './audit-sink.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** Of one request, before it is compressed; a record of its own may be longer. */
const MAX_BATCH_BYTES = 1024 * 1024;
/** Of an answer only the status counts; so much of it is read past, so that the connection can serve again. */
const ANSWER_BYTES = 64 * 1024;
const TOO_LARGE = 413;
/** After so many batches in a row that were small enough, twice as large ones are tried. */
const BATCHES_BEFORE_GROWTH = 10;
/** So many are never in one batch. */
const MANY_RECORDS = 10_000;
const compress = promisify(gzip);

/** How requests look. `ndjson`: a record a line; `splunk`: HTTP Event Collector, an event a line. */
export type HttpsProtocol = 'ndjson' | 'splunk';

export interface HttpsSinkOptions {
  format: AuditFormat;
  url: string;
  protocol: HttpsProtocol;
  token?: string | undefined;
  /** PEM; without it the authorities that Node trusts. */
  caFile?: string | undefined;
  gzip: boolean;
}

/** Batches over HTTPS. The receiver has a batch when it says so with a status of 2xx. */
export class HttpsSink implements AuditSink {
  readonly name = 'https';
  private agent: Agent | undefined;
  /** Halved when a batch is too large for the receiver; a long record must not make all later batches small. */
  private maxRecords = MANY_RECORDS;
  private batchesTaken = 0;

  constructor(private readonly options: HttpsSinkOptions) {}

  async deliver(records: readonly SealedRecord[], signal: AbortSignal): Promise<Delivered> {
    const lines: string[] = [];
    let bytes = 0;
    for (const record of records.slice(0, this.maxRecords)) {
      const line = `${this.line(record)}\n`;
      const length = Buffer.byteLength(line);
      if (lines.length > 0 && bytes + length > MAX_BATCH_BYTES) break;
      lines.push(line);
      bytes += length;
    }
    const status = await this.post(lines.join(''), signal);
    if (status === TOO_LARGE && lines.length > 1) {
      this.maxRecords = Math.ceil(lines.length / 2);
      this.batchesTaken = 0;
      return this.deliver(records, signal);
    }
    const [first] = records;
    if (status === TOO_LARGE && first !== undefined) return this.deliverShortened(first, signal);
    if (status < 200 || status > 299) throw new SinkRefused(sentenceOf(status));
    this.grow();
    return { count: lines.length, shortened: [] };
  }

  /** A receiver that doesn't take that either takes nothing at all: that is a failure like any other, and nothing is passed over. */
  private async deliverShortened(record: SealedRecord, signal: AbortSignal): Promise<Delivered> {
    const status = await this.post(`${this.line(record, this.options.format.shortened(record))}\n`, signal);
    if (status < 200 || status > 299) throw new SinkRefused(sentenceOf(status));
    return { count: 1, shortened: [record] };
  }

  private grow(): void {
    this.batchesTaken += 1;
    if (this.batchesTaken < BATCHES_BEFORE_GROWTH) return;
    this.batchesTaken = 0;
    this.maxRecords = Math.min(MANY_RECORDS, this.maxRecords * 2);
  }

  async close(): Promise<void> {
    await this.agent?.destroy();
  }

  private line(record: SealedRecord, line = this.options.format.line(record)): string {
    if (this.options.protocol === 'ndjson') return line;
    const seconds = Date.parse(record.row.occurredAt) / 1000;
    return `{"time":${seconds},"source":"blindspotx","sourcetype":"_json","event":${line}}`;
  }

  /** @returns the status of the answer, unless it asks to come later */
  private async post(text: string, signal: AbortSignal): Promise<number> {
    const { url, token, protocol, gzip: compressed } = this.options;
    const scheme = protocol === 'splunk' ? 'Splunk' : 'Bearer';
    try {
      const { statusCode, headers, body } = await request(url, {
        method: 'POST',
        dispatcher: this.dispatcher(),
        signal,
        headers: {
          'content-type': protocol === 'splunk' ? 'application/json' : 'application/x-ndjson',
          'user-agent': 'blindspotx-audit/1',
          ...(compressed ? { 'content-encoding': 'gzip' } : {}),
          ...(token === undefined ? {} : { authorization: `${scheme} ${token}` }),
        },
        body: compressed ? await compress(text) : text,
      });
      await body.dump({ limit: ANSWER_BYTES, signal }).catch(() => undefined);
      const retryAfter = retryAfterSeconds(headers['retry-after'], Date.now());
      if (retryAfter !== null && statusCode >= 300) throw new SinkRefused(sentenceOf(statusCode), retryAfter);
      return statusCode;
    } catch (error) {
      throw error instanceof SinkRefused ? error : new SinkRefused(faultOf(error));
    }
  }

  private dispatcher(): Agent {
    this.agent ??= new Agent({
      // One delivery at a time needs one connection. undici's request() follows no redirect.
      connections: 1,
      connect: {
        timeout: CONNECT_TIMEOUT_MS,
        rejectUnauthorized: true,
        ...(this.options.caFile === undefined ? {} : { ca: readFileSync(this.options.caFile) }),
      },
    });
    return this.agent;
  }
}

function sentenceOf(status: number): string {
  return status >= 300 && status < 400
    ? `The receiver redirects (${status}); redirects are not followed.`
    : `The receiver answered ${status}.`;
}

/** Never the error's own text, which can carry addresses. */
function faultOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (name === 'TimeoutError' || name === 'AbortError') return 'The receiver did not answer in time.';
  if (typeof code !== 'string') return 'The request to the receiver failed.';
  if (/CERT|SSL|TLS|ALTNAME|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)/.test(code)) {
    return `The certificate of the receiver is not trusted (${code}).`;
  }
  return `The request to the receiver failed (${code}).`;
}
