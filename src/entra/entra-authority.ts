import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Logger } from '../observability/logger.js';
import { entraError } from './entra.errors.js';
import { fetchBounded } from './fetch-bounded.js';
import { type AuthorityDocument, readAuthorityDocument, readSigningKeys } from './read-authority-documents.js';

export type TokenSource = 'sign-in' | 'bearer';

export interface AuthorityTimes {
  /** Age at which document and keys are read again. */
  freshMs: number;
  /** Age up to which the last good ones stay in use when the authority doesn't answer properly. */
  staleMs: number;
  /** Least time between two failed readings while older keys are there. */
  failureCooldownMs: number;
  /**
   * Least time between two readings for the sake of an unknown key id, by where the token came from: a bearer token is
   * anybody's invention, an id token was fetched from Entra itself. Inventions must not keep sign-ins from new keys.
   */
  unknownKeyCooldownMs: Record<TokenSource, number>;
  timeoutMs: number;
}

export const DEFAULT_TIMES: AuthorityTimes = {
  freshMs: 30 * 60_000,
  staleMs: 24 * 3_600_000,
  failureCooldownMs: 30_000,
  unknownKeyCooldownMs: { 'sign-in': 2000, bearer: 30_000 },
  timeoutMs: 3000,
};

const MAX_BYTES = 262_144;

interface Loaded {
  document: AuthorityDocument;
  keys: Map<string, KeyObject>;
  at: number;
}

/**
 * What the sign-in authority of one Entra tenant says of itself, and its signing keys. Whatever it answers, or doesn't, costs
 * its own callers at most: last good keys are kept, one reading runs at a time, an unknown key id is looked for once and then
 * not again for a while.
 */
export class EntraAuthority {
  private loaded: Loaded | undefined;
  private reading: Promise<Loaded> | undefined;
  private readonly lastLookForUnknown = new Map<TokenSource, number>();
  private lastFailure = Number.NEGATIVE_INFINITY;

  constructor(
    /** Root and tenant, e.g. `https://login.microsoftonline.com/<tenant>`. */
    private readonly authority: string,
    private readonly logger: Logger,
    private readonly times: AuthorityTimes = DEFAULT_TIMES,
    /** Milliseconds of a clock that never jumps. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws DomainError entra.authority_unavailable */
  async document(): Promise<AuthorityDocument> {
    return (await this.current()).document;
  }

  /**
   * The key of this id. Without an id the only key there is: several are never tried in turn.
   *
   * @throws DomainError entra.authority_unavailable
   */
  async signingKey(kid: string | undefined, source: TokenSource): Promise<KeyObject | null> {
    const found = keyIn(await this.current(), kid);
    if (found !== null || kid === undefined) return found;
    const lastLook = this.lastLookForUnknown.get(source) ?? Number.NEGATIVE_INFINITY;
    if (this.now() - lastLook < this.times.unknownKeyCooldownMs[source]) return null;
    this.lastLookForUnknown.set(source, this.now());
    try {
      return keyIn(await this.read(), kid);
    } catch {
      return null;
    }
  }

  /** The key of this id and the issuer, if they were read lately and needn't be asked for; null says nothing. */
  recall(kid: string | undefined): { key: KeyObject; issuer: string } | null {
    const { loaded } = this;
    if (loaded === undefined || this.now() - loaded.at >= this.times.freshMs) return null;
    const key = keyIn(loaded, kid);
    return key === null ? null : { key, issuer: loaded.document.issuer };
  }

  private async current(): Promise<Loaded> {
    const { loaded } = this;
    const age = loaded === undefined ? Number.POSITIVE_INFINITY : this.now() - loaded.at;
    if (loaded !== undefined && age < this.times.freshMs) return loaded;
    const usable = loaded !== undefined && age < this.times.staleMs ? loaded : undefined;
    if (usable !== undefined && this.now() - this.lastFailure < this.times.failureCooldownMs) return usable;
    try {
      return await this.read();
    } catch (cause) {
      if (usable !== undefined) return usable;
      throw entraError('entra.authority_unavailable', { retryAfterSeconds: 5, cause });
    }
  }

  private read(): Promise<Loaded> {
    this.reading ??= this.load()
      .catch((error: unknown) => {
        this.lastFailure = this.now();
        this.logger.warn({ err: error, authority: this.authority }, 'the sign-in authority could not be read');
        throw error;
      })
      .finally(() => {
        this.reading = undefined;
      });
    return this.reading;
  }

  private async load(): Promise<Loaded> {
    const document = readAuthorityDocument(
      await this.json(`${this.authority}/v2.0/.well-known/openid-configuration`),
      this.authority,
    );
    const keys = new Map<string, KeyObject>();
    for (const { kid, jwk } of readSigningKeys(await this.json(document.jwksUri))) {
      try {
        keys.set(kid, createPublicKey({ key: jwk, format: 'jwk' }));
      } catch (error) {
        // One key that is none must not cost sign-ins the others.
        this.logger.warn({ err: error, authority: this.authority }, 'a key of the sign-in authority cannot be used');
      }
    }
    if (keys.size === 0) throw new Error('the sign-in authority has no usable key');
    this.loaded = { document, keys, at: this.now() };
    return this.loaded;
  }

  private async json(url: string): Promise<unknown> {
    const { status, text } = await fetchBounded(url, { timeoutMs: this.times.timeoutMs, maxBytes: MAX_BYTES });
    if (status !== 200) throw new Error(`${new URL(url).pathname} answered ${status}`);
    return JSON.parse(text) as unknown;
  }
}

function keyIn({ keys }: Loaded, kid: string | undefined): KeyObject | null {
  if (kid !== undefined) return keys.get(kid) ?? null;
  const [only, another] = keys.values();
  return another === undefined ? (only ?? null) : null;
}
