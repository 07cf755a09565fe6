import { setTimeout as sleep } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Gauge } from 'prom-client';
import { keyVersionOf, openWithKey, SealBroken, sealWithKey } from '../crypto/envelope.js';
import { KeyRing, type SealedPlace, type SigningKey, type VerificationKey } from '../crypto/key-ring.js';
import { ChangeFeed } from '../database/change-feed.service.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import { FirstKeys } from './first-keys.service.js';
import { REREAD_SECONDS } from './key-times.js';
import { keysError } from './keys.errors.js';
import { type OpenKeys, OpenKeysReader } from './open-keys-reader.service.js';

/** Keys older than this aren't signed with before they were read again: the process may have slept through a rotation. */
const TOO_OLD_TO_SIGN_MS = 300_000;
/** Whoever invents key ids causes no more reads than one in this time. */
const LOOK_AGAIN_MS = 2000;
const TICK_MS = 15_000;
const RETRY_MS = 1000;

/**
 * The key ring over PostgreSQL: data keys and signing keys lie in tables, wrapped under the master key. What was read is kept in
 * memory, renewed when the database announces a change, and every minute. Keys that were read stay in use when the database is
 * away: a running service keeps verifying.
 */
@Injectable()
export class DatabaseKeyRing extends KeyRing implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private opened: OpenKeys | undefined;
  /** Settles when the keys are as they were at some time after the last call of reread. */
  private reading: Promise<OpenKeys> | undefined;
  private readAgain = false;
  private lookedAgainAt = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private readonly listeners: (() => void)[] = [];
  private stopped = false;

  constructor(
    private readonly firstKeys: FirstKeys,
    private readonly reader: OpenKeysReader,
    feed: ChangeFeed,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.signingKeyAge) private readonly age: Gauge,
  ) {
    super();
    feed.subscribe(['keys'], {
      changed: () => void this.refreshUntilRead(),
      // A failure is passed on: on keys that may be old nothing counts as known.
      missed: async () => {
        await this.reread();
      },
    });
  }

  /** Makes the first keys of a new installation; stops the start when the master key isn't the one that wrapped them. */
  async onModuleInit(): Promise<void> {
    await this.firstKeys.makeMissing();
    await this.reread();
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      const { opened } = this;
      if (opened === undefined) return;
      this.age.set(opened.currentAgeSeconds + ageMsOf(opened) / 1000);
      if (ageMsOf(opened) >= REREAD_SECONDS * 1000) void this.refresh();
    }, TICK_MS);
    this.timer.unref();
  }

  whenKeysChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  async seal(plaintext: Uint8Array, place: SealedPlace): Promise<Buffer> {
    const { currentVersion, dataKeys } = await this.openKeys();
    const key = dataKeys.get(currentVersion);
    if (key === undefined) throw keysError('keys.cannot_open');
    return sealWithKey(key, currentVersion, plaintext, place);
  }

  async open(sealed: Uint8Array, place: SealedPlace): Promise<Buffer> {
    try {
      const version = keyVersionOf(sealed);
      const key = (await this.openKeys()).dataKeys.get(version) ?? (await this.reread()).dataKeys.get(version);
      if (key === undefined) throw keysError('keys.cannot_open', { detail: `Data key ${version} is gone.` });
      return openWithKey(key, sealed, place);
    } catch (error) {
      if (error instanceof SealBroken) throw keysError('keys.cannot_open', { cause: error });
      throw error;
    }
  }

  async signingKey(): Promise<SigningKey> {
    const open = await this.openKeys();
    if (ageMsOf(open) < TOO_OLD_TO_SIGN_MS) return open.signingKey;
    await this.refresh();
    return (await this.openKeys()).signingKey;
  }

  async verificationKeys(): Promise<readonly VerificationKey[]> {
    return [...(await this.openKeys()).verificationKeys.values()];
  }

  async verificationKey(kid: string): Promise<VerificationKey | null> {
    const known = (await this.openKeys()).verificationKeys.get(kid);
    if (known !== undefined) return known;
    await this.lookAgain();
    return this.opened?.verificationKeys.get(kid) ?? null;
  }

  /** A key that another instance has just made may be meant; a reading under way is waited for, and costs nothing more. */
  private async lookAgain(): Promise<void> {
    const now = performance.now();
    if (now - this.lookedAgainAt >= LOOK_AGAIN_MS) {
      this.lookedAgainAt = now;
      await this.refresh();
    } else {
      await this.reading?.catch(() => undefined);
    }
  }

  private async openKeys(): Promise<OpenKeys> {
    return this.opened ?? (await this.reread());
  }

  /** Reads again; when that fails, the last good keys stay. */
  private async refresh(): Promise<void> {
    try {
      await this.reread();
    } catch (error) {
      this.logger.warn({ err: error }, 'the keys could not be read again; the last good ones stay in use');
    }
  }

  /** A change was announced: it is read, however often that takes. */
  private async refreshUntilRead(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.reread();
        return;
      } catch (error) {
        this.logger.warn({ err: error }, 'the keys have changed and could not be read yet');
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  /** A reading that began before this call may have seen the keys as they were before: then one more follows it. */
  private reread(): Promise<OpenKeys> {
    this.readAgain = true;
    this.reading ??= this.readUntilCalm().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async readUntilCalm(): Promise<OpenKeys> {
    let open: OpenKeys;
    do {
      this.readAgain = false;
      const before = this.opened;
      open = await this.reader.read();
      this.opened = open;
      if (before !== undefined && !haveSameKeys(before, open)) for (const listener of this.listeners) listener();
    } while (this.readAgain);
    this.age.set(open.currentAgeSeconds);
    return open;
  }
}

function ageMsOf({ readAt }: OpenKeys): number {
  return performance.now() - readAt;
}

function haveSameKeys(one: OpenKeys, other: OpenKeys): boolean {
  const kids = (keys: OpenKeys) => [...keys.verificationKeys.keys()].sort().join(' ');
  return kids(one) === kids(other);
}
