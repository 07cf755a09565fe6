import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ecPublicJwk, jwkThumbprint } from '../crypto/jwk-thumbprint.js';
import type { CheckpointKey, SealedPlace } from '../crypto/key-ring.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { checkpointKeyId } from './checkpoint-key-id.js';
import type { DataKey } from './data-key.entity.js';
import { isSameCheckValue, keyCheckValue } from './key-check-value.js';
import { keysError } from './keys.errors.js';
import type {
  CheckpointKeyRow,
  IndexKeyRow,
  NewCheckpointKey,
  NewDataKey,
  NewSigningKey,
  NumberedKeys,
} from './keys.repository.js';
import type { SigningKeyRow } from './signing-key.entity.js';
import { KeyEncryptionKey, type WrappedKey } from './vault/key-encryption-key.js';

export interface OpenCheckpointKey {
  key: CheckpointKey;
  /** 32 bytes (RFC 8032 5.1.5), from the private half. */
  publicKey: Buffer;
}

export interface OpenSigningKey {
  kid: string;
  algorithm: 'ES256';
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** A key as it lies in the database, of whatever kind. */
export interface StoredKey extends WrappedKey {
  kind: StoredKeyKind;
  /** Version, id or kid. */
  name: string;
  /** Of secret keys. */
  checkValue: Buffer | null;
}

/** Makes keys wrapped under the key-encryption key, and opens them. */
@Injectable()
export class KeyWrapping {
  /** Check values of the secret keys that this process has opened: a row that was exchanged with its check value is another key too. */
  private readonly opened = new Map<string, Buffer>();

  constructor(private readonly vault: KeyEncryptionKey) {}

  async newDataKey(version: number): Promise<NewDataKey> {
    return { version, state: 'current', ...(await this.newSecret(dataKeyPlace(version))) };
  }

  /** @throws DomainError keys.master_key_wrong, keys.exchanged */
  openDataKey({ version, wrappedKey, wrappedBy, checkValue }: DataKey): Promise<Buffer> {
    return this.openSecret(dataKeyPlace(version), wrappedKey, wrappedBy, checkValue);
  }

  async newIndexKey(version: number): Promise<Omit<IndexKeyRow, 'state'>> {
    return { version, ...(await this.newSecret(indexKeyPlace(version))) };
  }

  /** @throws DomainError keys.master_key_wrong, keys.exchanged */
  openIndexKey({ version, wrappedKey, wrappedBy, checkValue }: IndexKeyRow): Promise<Buffer> {
    return this.openSecret(indexKeyPlace(version), wrappedKey, wrappedBy, checkValue);
  }

  /**
   * What tells the key of a row from before there were check values from any other, by which it is known from then on.
   *
   * @throws DomainError keys.master_key_wrong
   */
  async checkValueOf(
    table: NumberedKeys,
    { version, wrappedKey, wrappedBy }: Pick<DataKey, 'version' | 'wrappedKey' | 'wrappedBy'>,
  ): Promise<Buffer> {
    const place = STORED_KEY_PLACES[table](String(version));
    return keyCheckValue(await this.unwrap(wrappedKey, wrappedBy, place), place);
  }

  async newCheckpointKey(): Promise<NewCheckpointKey> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const raw = rawPublicKey(publicKey);
    const id = checkpointKeyId(raw);
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    const { wrapped, wrappedBy } = await this.wrap(der, checkpointKeyPlace(id));
    return { id, publicKey: raw, wrappedPrivateKey: wrapped, wrappedBy };
  }

  /** The pair, from the private half alone, as with signing keys. @throws DomainError keys.master_key_wrong, keys.exchanged */
  async openCheckpointKey({
    id,
    wrappedPrivateKey,
    wrappedBy,
  }: Pick<CheckpointKeyRow, 'id' | 'wrappedPrivateKey' | 'wrappedBy'>): Promise<OpenCheckpointKey> {
    const der = await this.unwrap(wrappedPrivateKey, wrappedBy, checkpointKeyPlace(id));
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey(privateKey);
    const raw = rawPublicKey(publicKey);
    if (checkpointKeyId(raw) !== id) throw exchanged(checkpointKeyPlace(id));
    return { key: { id, privateKey, publicKey }, publicKey: raw };
  }

  async newSigningKey(): Promise<NewSigningKey> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = jwkThumbprint(ecPublicJwk(publicKey));
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    const { wrapped, wrappedBy } = await this.wrap(der, signingKeyPlace(kid));
    return {
      kid,
      algorithm: 'ES256',
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      wrappedPrivateKey: wrapped,
      wrappedBy,
    };
  }

  /**
   * The pair, from the private half alone: the public half in the row isn't sealed, and whoever exchanged it there would have
   * us publish and believe a key that they sign with.
   *
   * @throws DomainError keys.master_key_wrong, keys.exchanged
   */
  async openSigningKey({ kid, algorithm, wrappedPrivateKey, wrappedBy }: SigningKeyRow): Promise<OpenSigningKey> {
    const der = await this.unwrap(wrappedPrivateKey, wrappedBy, signingKeyPlace(kid));
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey(privateKey);
    if (jwkThumbprint(ecPublicJwk(publicKey)) !== kid) throw exchanged(signingKeyPlace(kid));
    return { kid, algorithm, privateKey, publicKey };
  }

  /** For people who must find it. */
  get vaultName(): string {
    return this.vault.name;
  }

  /** Whether the key-encryption key of this process is the one that wrapped the key. */
  isOurs({ wrappedBy }: { wrappedBy: string }): boolean {
    return this.vault.opens(wrappedBy);
  }

  /**
   * What wraps now.
   *
   * @throws DomainError keys.vault_unavailable
   */
  currentId(): Promise<string> {
    return this.vault.currentId();
  }

  /**
   * A key as it is to be stored from now on: opened as it lies there, and wrapped by what wraps now.
   *
   * @throws DomainError keys.master_key_wrong, keys.exchanged, keys.vault_unavailable
   */
  async rewrap({ kind, name, wrapped, wrappedBy, checkValue }: StoredKey): Promise<WrappedKey> {
    const place = STORED_KEY_PLACES[kind](name);
    const key = await this.unwrap(wrapped, wrappedBy, place);
    if (kind === 'data_keys' || kind === 'index_keys') this.assertMade(place, key, checkValue);
    return this.wrap(key, place);
  }

  private async newSecret(place: SealedPlace): Promise<Pick<DataKey, 'wrappedKey' | 'wrappedBy' | 'checkValue'>> {
    const key = randomBytes(32);
    const { wrapped, wrappedBy } = await this.wrap(key, place);
    return { wrappedKey: wrapped, wrappedBy, checkValue: keyCheckValue(key, place) };
  }

  private async openSecret(
    place: SealedPlace,
    wrapped: Buffer,
    wrappedBy: string,
    checkValue: Buffer | null,
  ): Promise<Buffer> {
    const key = await this.unwrap(wrapped, wrappedBy, place);
    this.assertMade(place, key, checkValue);
    return key;
  }

  /** @throws DomainError keys.exchanged for a key that isn't the one that was made, or that this process has opened before */
  private assertMade(place: SealedPlace, key: Buffer, checkValue: Buffer | null): void {
    const name = `${place.table} ${place.row}`;
    const actual = keyCheckValue(key, place);
    const known = this.opened.get(name) ?? actual;
    if (checkValue === null || !isSameCheckValue(actual, checkValue) || !isSameCheckValue(actual, known)) {
      throw exchanged(place);
    }
    this.opened.set(name, actual);
  }

  /**
   * Wraps and opens again before anything is stored: what the vault answers is believed by nobody, because a key that doesn't open is
   * lost with all that lies under it.
   */
  private async wrap(key: Buffer, place: SealedPlace): Promise<WrappedKey> {
    const wrapped = await this.vault.wrap(key, place);
    const isSame = await this.vault.unwrap(wrapped.wrapped, wrapped.wrappedBy, place).then(
      (opened) => opened.equals(key),
      (error: unknown) => {
        if (error instanceof DomainError) throw error;
        return false;
      },
    );
    if (isSame) return wrapped;
    throw keysError('keys.vault_unavailable', {
      detail: `${this.vault.name} wrapped a key into something that doesn't open as that key. Nothing was stored; look at the vault.`,
    });
  }

  private async unwrap(wrapped: Buffer, wrappedBy: string, place: SealedPlace): Promise<Buffer> {
    try {
      return await this.vault.unwrap(wrapped, wrappedBy, place);
    } catch (cause) {
      if (cause instanceof DomainError) throw cause;
      throw keysError('keys.master_key_wrong', {
        detail: this.vault.opens(wrappedBy)
          ? `The key in ${place.table} ${place.row} was changed.`
          : `This service has ${this.vault.name}, but the keys were wrapped by ${wrappedBy}. Start with the key of this database${wrappedBy.startsWith('local:') ? ', or name it in MASTER_KEY_PREVIOUS while you change it' : ''}.`,
        cause,
      });
    }
  }
}

/** The tables that keys lie in. */
export type StoredKeyKind = 'data_keys' | 'index_keys' | 'signing_keys' | 'checkpoint_keys';

const STORED_KEY_PLACES: Record<StoredKeyKind, (name: string) => SealedPlace> = {
  data_keys: (version) => dataKeyPlace(Number(version)),
  index_keys: (version) => indexKeyPlace(Number(version)),
  signing_keys: signingKeyPlace,
  checkpoint_keys: checkpointKeyPlace,
};

function dataKeyPlace(version: number): SealedPlace {
  return { table: 'data_keys', column: 'wrapped_key', row: String(version) };
}

function signingKeyPlace(kid: string): SealedPlace {
  return { table: 'signing_keys', column: 'wrapped_private_key', row: kid };
}

function indexKeyPlace(version: number): SealedPlace {
  return { table: 'index_keys', column: 'wrapped_key', row: String(version) };
}

function checkpointKeyPlace(id: string): SealedPlace {
  return { table: 'checkpoint_keys', column: 'wrapped_private_key', row: id };
}

/** The 32 bytes of an Ed25519 public key (RFC 8032 5.1.5), the end of its SubjectPublicKeyInfo. */
function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(-32);
}

function exchanged({ table, row }: SealedPlace): DomainError {
  return keysError('keys.exchanged', { detail: `The key in ${table} ${row} is not the one that was made there.` });
}
