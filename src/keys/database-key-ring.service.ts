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
import { type DataKeyCipher, keyVersionOf } from '../crypto/data-key-cipher.js';
import { SealBroken } from '../crypto/envelope.js';
import {
  type CheckpointKey,
  type CheckpointVerifier,
  type KeyedIndex,
  KeyRing,
  type SealedPlace,
  type Sealing,
  type SigningKey,
  type VerificationKey,
} from '../crypto/key-ring.js';
import { assertDeclared } from '../crypto/sealed-columns.js';
import { ChangeFeed } from '../database/change-feed.service.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import { CheckpointVerifiers } from './checkpoint-verifiers.service.js';
import { FirstKeys } from './first-keys.service.js';
import { REREAD_SECONDS } from './key-times.js';
import { KeyUses } from './key-uses.service.js';
import { keysError } from './keys.errors.js';
import { type OpenKeys, OpenKeysReader } from './open-keys-reader.service.js';

/** Keys older than this aren't signed with before they were read again: the process may have slept through a rotation. */
const TOO_OLD_TO_SIGN_MS = 300_000;
/** Whoever invents key ids causes no more reads than one in this time. */
const LOOK_AGAIN_MS = 2000;
const TICK_MS = 15_000;
/** Announcements cause no more than one reading in this time, however many there are. */
const ANNOUNCED_READ_MS = 250;
/** After a reading that failed: twice as long each time. */
const RETRY_MS = 1000;
/** As often it is tried; from then on the keys are read by the clock, like all others that nobody announces. */
const RETRIES = 5;

/**
 * The key ring over PostgreSQL: they lie in tables, wrapped under the key-encryption key. What was read is kept in
 * memory, renewed when the database announces a change, and every minute. Keys that were read stay in use when the database is
 * away: a running service keeps verifying.
 */
@Injectable()
export class DatabaseKeyRing extends KeyRing implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private opened: OpenKeys | undefined;
  /** Settles when the keys are as they were at some time after the last call of reread. */
  private reading: Promise<OpenKeys> | undefined;
  private readAgain = false;
  /** A change was announced that isn't read yet. */
  private announced = false;
  private readsAnnounced = false;
  private lookedAgainAt = Number.NEGATIVE_INFINITY;
  /** Why the keys could not be read when last tried. */
  private failure: { error: unknown } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly listeners: (() => void)[] = [];
  private stopped = false;

  constructor(
    private readonly firstKeys: FirstKeys,
    private readonly reader: OpenKeysReader,
    private readonly uses: KeyUses,
    private readonly verifiers: CheckpointVerifiers,
    feed: ChangeFeed,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.signingKeyAge) private readonly age: Gauge,
  ) {
    super();
    feed.subscribe(['keys'], {
      changed: () => void this.readAnnounced(),
      // A failure is passed on: on keys that may be old nothing counts as known.
      missed: async () => {
        await this.reread();
      },
    });
  }

  /** Makes the first keys of a new installation; stops the start when the key-encryption key isn't the one that wrapped them, or can't be reached. */
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
    assertDeclared(place);
    return (await this.cipherFor(1)).seal(plaintext, place);
  }

  async sealAll(values: readonly Sealing[]): Promise<Buffer[]> {
    for (const { place } of values) assertDeclared(place);
    const cipher = await this.cipherFor(values.length);
    return values.map(({ plaintext, place }) => cipher.seal(plaintext, place));
  }

  /** What seals now; for so many values that are sealed at once. */
  private async cipherFor(values: number): Promise<DataKeyCipher> {
    const { currentVersion, dataKeys } = await this.freshKeys();
    const cipher = dataKeys.get(currentVersion);
    if (cipher === undefined) throw keysError('keys.cannot_open');
    this.uses.count(currentVersion, values);
    return cipher;
  }

  async open(sealed: Uint8Array, place: SealedPlace): Promise<Buffer> {
    try {
      return (await this.cipherOf(keyVersionOf(sealed))).open(sealed, place);
    } catch (error) {
      if (error instanceof SealBroken) throw keysError('keys.cannot_open', { cause: error });
      throw error;
    }
  }

  /**
   * One that another instance has just made is read; a version that was invented costs no more than an invented key id. While the keys
   * can't be read it isn't known which of both it is: nobody may take the value for spoilt then, and write that down.
   */
  private async cipherOf(version: number): Promise<DataKeyCipher> {
    const known = (await this.openKeys()).dataKeys.get(version);
    if (known !== undefined) return known;
    await this.lookAgain();
    const cipher = this.opened?.dataKeys.get(version);
    if (cipher !== undefined) return cipher;
    if (this.failure !== undefined) throw this.failure.error;
    throw keysError('keys.cannot_open', { detail: `Data key ${version} is gone.` });
  }

  async index(purpose: string): Promise<KeyedIndex> {
    const [current] = (await this.freshKeys()).indexKeys;
    if (current === undefined) throw keysError('keys.cannot_open');
    return current.indexFor(purpose);
  }

  async indexes(purpose: string): Promise<readonly KeyedIndex[]> {
    const { indexKeys } = await this.freshKeys();
    return indexKeys.map((key) => key.indexFor(purpose));
  }

  async checkpointKeys(): Promise<readonly CheckpointKey[]> {
    return (await this.openKeys()).checkpointKeys;
  }

  checkpointVerifiers(): Promise<readonly CheckpointVerifier[]> {
    return this.verifiers.believed({
      live: (id) => this.livePublicKey(id),
      open: (sealed, place) => this.open(sealed, place),
    });
  }

  /** Of one that another instance has just made too. */
  private async livePublicKey(id: string): Promise<Buffer | null> {
    const known = (await this.openKeys()).checkpointPublicKeys.get(id);
    if (known !== undefined) return known;
    await this.lookAgain();
    return this.opened?.checkpointPublicKeys.get(id) ?? null;
  }

  async signingKey(): Promise<SigningKey> {
    return (await this.freshKeys()).signingKey;
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

  /** For what is written under them: a key that was retired while this process slept must not be used. */
  private async freshKeys(): Promise<OpenKeys> {
    const open = await this.openKeys();
    if (ageMsOf(open) < TOO_OLD_TO_SIGN_MS) return open;
    await this.refresh();
    return this.openKeys();
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

  /**
   * A change was announced. Whoever announces without end, and a row that never opens, cost a reading now and then and a line in the log:
   * one loop reads for all announcements.
   */
  private async readAnnounced(): Promise<void> {
    this.announced = true;
    if (this.readsAnnounced) return;
    this.readsAnnounced = true;
    let failures = 0;
    while (this.announced && !this.stopped && failures <= RETRIES) {
      this.announced = false;
      try {
        await this.reread();
        failures = 0;
        await sleep(ANNOUNCED_READ_MS, undefined, { ref: false });
      } catch (error) {
        this.announced = true;
        if (failures === 0) this.logger.warn({ err: error }, 'the keys have changed and could not be read yet');
        await sleep(RETRY_MS * 2 ** failures, undefined, { ref: false });
        failures += 1;
      }
    }
    this.readsAnnounced = false;
  }

  /** Reads again. A reading that began before this call may have seen the keys as they were before: then one more follows it. */
  reread(): Promise<OpenKeys> {
    this.readAgain = true;
    this.reading ??= this.readUntilCalm()
      .then(
        (open) => {
          this.failure = undefined;
          return open;
        },
        (error: unknown) => {
          this.failure = { error };
          throw error;
        },
      )
      .finally(() => {
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
