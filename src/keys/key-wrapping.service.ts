import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sha256 } from '../crypto/digest.js';
import { ecPublicJwk, jwkThumbprint } from '../crypto/jwk-thumbprint.js';
import type { CheckpointKey, SealedPlace } from '../crypto/key-ring.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import type { DataKey } from './data-key.entity.js';
import { keysError } from './keys.errors.js';
import type { CheckpointKeyRow, IndexKeyRow, NewDataKey, NewSigningKey } from './keys.repository.js';
import type { SigningKeyRow } from './signing-key.entity.js';
import { KeyEncryptionKey, type WrappedKey } from './vault/key-encryption-key.js';

export interface OpenSigningKey {
  kid: string;
  algorithm: 'ES256';
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** Makes keys wrapped under the key-encryption key, and opens them. */
@Injectable()
export class KeyWrapping {
  constructor(private readonly vault: KeyEncryptionKey) {}

  async newDataKey(version: number): Promise<NewDataKey> {
    const { wrapped, wrappedBy } = await this.wrap(randomBytes(32), dataKeyPlace(version));
    return { version, state: 'current', wrappedKey: wrapped, wrappedBy };
  }

  /** @throws DomainError keys.master_key_wrong */
  openDataKey({ version, wrappedKey, wrappedBy }: DataKey): Promise<Buffer> {
    return this.unwrap(wrappedKey, wrappedBy, dataKeyPlace(version));
  }

  async newIndexKey(version: number): Promise<Omit<IndexKeyRow, 'state'>> {
    const { wrapped, wrappedBy } = await this.wrap(randomBytes(32), indexKeyPlace(version));
    return { version, wrappedKey: wrapped, wrappedBy };
  }

  /** @throws DomainError keys.master_key_wrong */
  openIndexKey({ version, wrappedKey, wrappedBy }: IndexKeyRow): Promise<Buffer> {
    return this.unwrap(wrappedKey, wrappedBy, indexKeyPlace(version));
  }

  async newCheckpointKey(): Promise<Omit<CheckpointKeyRow, 'state'>> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const raw = rawPublicKey(publicKey);
    const id = checkpointKeyId(raw);
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    const { wrapped, wrappedBy } = await this.wrap(der, checkpointKeyPlace(id));
    return { id, publicKey: raw, wrappedPrivateKey: wrapped, wrappedBy };
  }

  /** The pair, from the private half alone, as with signing keys. @throws DomainError keys.master_key_wrong, keys.cannot_open */
  async openCheckpointKey({ id, wrappedPrivateKey, wrappedBy }: CheckpointKeyRow): Promise<CheckpointKey> {
    const der = await this.unwrap(wrappedPrivateKey, wrappedBy, checkpointKeyPlace(id));
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey(privateKey);
    if (checkpointKeyId(rawPublicKey(publicKey)) !== id) throw keysError('keys.cannot_open');
    return { id, privateKey, publicKey };
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
   * @throws DomainError keys.master_key_wrong, keys.cannot_open
   */
  async openSigningKey({ kid, algorithm, wrappedPrivateKey, wrappedBy }: SigningKeyRow): Promise<OpenSigningKey> {
    const der = await this.unwrap(wrappedPrivateKey, wrappedBy, signingKeyPlace(kid));
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey(privateKey);
    if (jwkThumbprint(ecPublicJwk(publicKey)) !== kid) throw keysError('keys.cannot_open');
    return { kid, algorithm, privateKey, publicKey };
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
   * @throws DomainError keys.master_key_wrong, keys.vault_unavailable
   */
  async rewrap(kind: StoredKeyKind, name: string, wrapped: Buffer, wrappedBy: string): Promise<WrappedKey> {
    const place = STORED_KEY_PLACES[kind](name);
    return this.wrap(await this.unwrap(wrapped, wrappedBy, place), place);
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
          : `This service has ${this.vault.name}, but the keys were wrapped by ${wrappedBy}. Start with the key of this database.`,
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

function checkpointKeyId(publicKey: Buffer): string {
  return sha256(publicKey).toString('hex', 0, 8);
}
