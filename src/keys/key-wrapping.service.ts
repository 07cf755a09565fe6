import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ecPublicJwk, jwkThumbprint } from '../crypto/jwk-thumbprint.js';
import type { SealedPlace } from '../crypto/key-ring.js';
import type { DataKey } from './data-key.entity.js';
import { keysError } from './keys.errors.js';
import type { NewDataKey, NewSigningKey } from './keys.repository.js';
import { MasterKey } from './master-key.js';
import type { SigningKeyRow } from './signing-key.entity.js';

export interface OpenSigningKey {
  kid: string;
  algorithm: 'ES256';
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** Makes keys wrapped under the master key, and opens them. */
@Injectable()
export class KeyWrapping {
  constructor(private readonly master: MasterKey) {}

  async newDataKey(version: number): Promise<NewDataKey> {
    const wrappedKey = await this.master.wrap(randomBytes(32), dataKeyPlace(version));
    return { version, state: 'current', wrappedKey, wrappedBy: this.master.id };
  }

  /** @throws DomainError keys.master_key_wrong */
  openDataKey({ version, wrappedKey, wrappedBy }: DataKey): Promise<Buffer> {
    return this.unwrap(wrappedKey, wrappedBy, dataKeyPlace(version));
  }

  async newSigningKey(): Promise<NewSigningKey> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = jwkThumbprint(ecPublicJwk(publicKey));
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    return {
      kid,
      algorithm: 'ES256',
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      wrappedPrivateKey: await this.master.wrap(der, signingKeyPlace(kid)),
      wrappedBy: this.master.id,
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

  /** Whether this master key is the one that wrapped the key. */
  isOurs({ wrappedBy }: { wrappedBy: string }): boolean {
    return wrappedBy === this.master.id;
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
}

function dataKeyPlace(version: number): SealedPlace {
  return { table: 'data_keys', column: 'wrapped_key', row: String(version) };
}

function signingKeyPlace(kid: string): SealedPlace {
  return { table: 'signing_keys', column: 'wrapped_private_key', row: kid };
}
