import { performance } from 'node:perf_hooks';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Agent, request } from 'undici';
import { Settings } from '../config/settings.js';
import { signWebhook } from '../crypto/webhook-signature.js';
import { retryAfterSeconds } from '../kernel/net/retry-after.js';
import { AddressRefused, guardedAgent } from './guarded-agent.js';
import { receiverUrlFault } from './receiver-url.js';

export interface WebhookMessage {
  /** The event's id: the same on every attempt and for every receiver. */
  id: string;
  url: string;
  /** The newest first; while a rotation overlaps, the one before too. A receiver needs to know one of them. */
  secrets: Buffer[];
  /** Exactly what is signed and sent. */
  body: string;
}

/** What came of one attempt. `gone`: the receiver wants no more (410). */
export interface SendOutcome {
  kind: 'delivered' | 'gone' | 'failed';
  status: number | null;
  /** One sentence for people; null when delivered. */
  error: string | null;
  retryAfterSeconds: number | null;
  durationMs: number;
  /** Whether it failed on this side, so that it says nothing of the receiver. */
  isOurs: boolean;
}

type Answer = Omit<SendOutcome, 'durationMs'>;

const TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5000;
/** Of an answer only the status counts; its body is read so far that the connection can be used again. */
const ANSWER_BODY_BYTES = 16_384;

/** Sends one signed request to a receiver (Standard Webhooks 1.0.0): no redirects, bounded in time and size. */
@Injectable()
export class WebhookSender implements OnApplicationShutdown {
  private readonly agent: Agent;
  private readonly allowPrivate: boolean;
  private readonly timeoutMs: number = TIMEOUT_MS;

  constructor(settings: Settings) {
    this.allowPrivate = settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES;
    this.agent = guardedAgent({ allowPrivate: this.allowPrivate, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  }

  /** Never throws: whatever a receiver does is an outcome. */
  async send(message: WebhookMessage, signal: AbortSignal, timeoutMs = this.timeoutMs): Promise<SendOutcome> {
    const startedAt = performance.now();
    const outcome = await this.attempt(message, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])).catch(
      (error: unknown): Answer => ({
        kind: 'failed',
        status: null,
        error: sentenceOf(error, timeoutMs),
        retryAfterSeconds: null,
        isOurs: signal.aborted,
      }),
    );
    return { ...outcome, durationMs: Math.round(performance.now() - startedAt) };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent.destroy();
  }

  private async attempt(message: WebhookMessage, signal: AbortSignal): Promise<Answer> {
    // The settings may have become stricter since the endpoint was created.
    const fault = receiverUrlFault(message.url, this.allowPrivate);
    if (fault !== null) return { kind: 'failed', status: null, error: fault, retryAfterSeconds: null, isOurs: false };
    const timestamp = Math.floor(Date.now() / 1000);
    const { statusCode, headers, body } = await request(message.url, {
      method: 'POST',
      dispatcher: this.agent,
      signal,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'blindspotx-webhooks/1',
        'webhook-id': message.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': message.secrets
          .map((secret) => signWebhook(secret, message.id, timestamp, message.body))
          .join(' '),
      },
      body: message.body,
    });
    await body.dump({ limit: ANSWER_BODY_BYTES, signal }).catch(() => undefined);
    return {
      kind: statusCode >= 200 && statusCode < 300 ? 'delivered' : statusCode === 410 ? 'gone' : 'failed',
      status: statusCode,
      error: statusSentence(statusCode),
      retryAfterSeconds: retryAfterSeconds(headers['retry-after'], Date.now()),
      isOurs: false,
    };
  }
}

function statusSentence(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `The receiver redirects (${status}); redirects are not followed.`;
  if (status === 410) return 'The receiver is gone (410).';
  return `The receiver answered ${status}.`;
}

const SENTENCES: Record<string, string> = {
  ENOTFOUND: 'The name of the receiver is not known.',
  EAI_AGAIN: 'The name of the receiver could not be resolved.',
  ECONNREFUSED: 'The receiver refuses connections.',
  ECONNRESET: 'The receiver closed the connection.',
  UND_ERR_SOCKET: 'The receiver closed the connection.',
  UND_ERR_CONNECT_TIMEOUT: 'The receiver could not be reached in time.',
  ETIMEDOUT: 'The receiver could not be reached in time.',
  UND_ERR_HEADERS_OVERFLOW: 'The answer of the receiver has too large a head.',
  EHOSTUNREACH: 'The receiver cannot be reached.',
  ENETUNREACH: 'The receiver cannot be reached.',
};

/** Never the error's own text, which can carry addresses and paths. */
function sentenceOf(error: unknown, timeoutMs: number): string {
  if (error instanceof AddressRefused) return 'The host resolves to an address that is not one of the public internet.';
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (name === 'TimeoutError') return `The receiver did not answer within ${timeoutMs / 1000} s.`;
  if (name === 'AbortError') return 'The service stopped before the receiver answered.';
  if (typeof code !== 'string') return 'The request to the receiver failed.';
  if (/CERT|SSL|TLS|ALTNAME|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)/.test(code)) {
    return `The certificate of the receiver is not trusted (${code}).`;
  }
  return SENTENCES[code] ?? `The request to the receiver failed (${code}).`;
}
