import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { keyVersionOf, openWithKey, SealBroken, sealWithKey } from '../crypto/envelope.js';
import { KeyRing, type SealedPlace, type SigningKey, type VerificationKey } from '../crypto/key-ring.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { ecPublicJwk, jwkThumbprint } from './jwk-thumbprint.js';
import { keysError } from './keys.errors.js';
import { KeysRepository } from './keys.repository.js';
import { MasterKey } from './master-key.js';
import type { SigningKeyRow } from './signing-key.entity.js';

/** Keys in use, unwrapped, as they were when last read. */
interface OpenKeys {
  readAt: number;
  currentVersion: number;
  dataKeys: Map<number, Buffer>;
  signingKey: SigningKey;
  verificationKeys: VerificationKey[];
}

/** How long another instance's rotation may go unnoticed. A `next` key must be published for longer before it signs. */
const REREAD_AFTER_MS = 60_000;

/** The key ring over PostgreSQL: data keys and signing keys lie in tables, wrapped under the master key. */
@Injectable()
export class DatabaseKeyRing extends KeyRing implements OnModuleInit {
  private opened: OpenKeys | undefined;
  private reading: Promise<OpenKeys> | undefined;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: KeysRepository,
    private readonly master: MasterKey,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
  }

  /** Makes the first keys of a new installation; stops the start when the master key isn't the one that wrapped them. */
  async onModuleInit(): Promise<void> {
    await this.makeFirstKeys();
    await this.reread();
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
    return (await this.openKeys()).signingKey;
  }

  async verificationKeys(): Promise<readonly VerificationKey[]> {
    return (await this.openKeys()).verificationKeys;
  }

  /** Keys that were read stay in use when the database is away: a running service keeps verifying. */
  private async openKeys(): Promise<OpenKeys> {
    const open = this.opened;
    if (open !== undefined && Date.now() - open.readAt < REREAD_AFTER_MS) return open;
    if (open === undefined) return this.reread();
    void this.reread().catch((error: unknown) => this.logger.warn({ err: error }, 'the keys could not be read again'));
    return open;
  }

  private reread(): Promise<OpenKeys> {
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async read(): Promise<OpenKeys> {
    const [dataRows, signingRows] = await this.transactions.read(async (tx) => [
      await this.keys.findDataKeys(tx),
      await this.keys.findSigningKeys(tx),
    ]);
    const current = signingRows.find(({ state }) => state === 'current');
    const currentData = dataRows.find(({ state }) => state === 'current');
    if (current === undefined || currentData === undefined)
      throw keysError('keys.cannot_open', { detail: 'No key is current.' });

    const dataKeys = new Map<number, Buffer>();
    for (const row of dataRows)
      dataKeys.set(row.version, await this.unwrap(row.wrappedKey, row.wrappedBy, dataKeyPlace(row.version)));
    this.opened = {
      readAt: Date.now(),
      currentVersion: currentData.version,
      dataKeys,
      signingKey: { kid: current.kid, algorithm: current.algorithm, privateKey: await this.privateKeyOf(current) },
      verificationKeys: signingRows.map((row) => ({
        kid: row.kid,
        algorithm: row.algorithm,
        publicKey: createPublicKey(row.publicKey),
      })),
    };
    return this.opened;
  }

  private async privateKeyOf(row: SigningKeyRow): Promise<KeyObject> {
    const der = await this.unwrap(row.wrappedPrivateKey, row.wrappedBy, signingKeyPlace(row.kid));
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    // The public half isn't sealed. Were it changed in the database, we would publish a key that somebody else signs with.
    if (jwkThumbprint(ecPublicJwk(createPublicKey(privateKey))) !== row.kid) throw keysError('keys.cannot_open');
    return privateKey;
  }

  private async unwrap(wrapped: Buffer, wrappedBy: string, place: SealedPlace): Promise<Buffer> {
    try {
      return await this.master.unwrap(wrapped, place);
    } catch (cause) {
      throw keysError('keys.master_key_wrong', {
        detail:
          wrappedBy === this.master.id
            ? `The key in ${place.table} ${place.row} was changed.`
            : `MASTER_KEY is ${this.master.id}, but the keys were wrapped by ${wrappedBy}. Start with the key of this database.`,
        cause,
      });
    }
  }

  private async makeFirstKeys(): Promise<void> {
    await this.transactions.run(async (tx) => {
      if ((await this.keys.findDataKeys(tx)).length === 0) {
        await this.keys.insertFirstDataKey(tx, {
          version: 1,
          state: 'current',
          wrappedKey: await this.master.wrap(randomBytes(32), dataKeyPlace(1)),
          wrappedBy: this.master.id,
        });
      }
      if (!(await this.keys.findSigningKeys(tx)).some(({ state }) => state === 'current')) {
        const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const kid = jwkThumbprint(ecPublicJwk(publicKey));
        const der = privateKey.export({ type: 'pkcs8', format: 'der' });
        await this.keys.insertSigningKeyIfFree(tx, {
          kid,
          algorithm: 'ES256',
          state: 'current',
          publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
          wrappedPrivateKey: await this.master.wrap(der, signingKeyPlace(kid)),
          wrappedBy: this.master.id,
          activatedAt: new Date(),
        });
      }
    });
  }
}

function dataKeyPlace(version: number): SealedPlace {
  return { table: 'data_keys', column: 'wrapped_key', row: String(version) };
}

function signingKeyPlace(kid: string): SealedPlace {
  return { table: 'signing_keys', column: 'wrapped_private_key', row: kid };
}
