import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { Transaction } from '../database/transaction-runner.js';
import { DataKey } from './data-key.entity.js';
import { SigningKeyRow } from './signing-key.entity.js';

export type NewSigningKey = Pick<
  SigningKeyRow,
  'kid' | 'algorithm' | 'state' | 'publicKey' | 'wrappedPrivateKey' | 'wrappedBy' | 'activatedAt'
>;
export type NewDataKey = Pick<DataKey, 'version' | 'state' | 'wrappedKey' | 'wrappedBy'>;

@Injectable()
export class KeysRepository {
  findDataKeys(tx: Transaction): Promise<DataKey[]> {
    return tx.find(DataKey, { where: { state: In(['current', 'retiring']) }, order: { version: 'DESC' } });
  }

  findSigningKeys(tx: Transaction): Promise<SigningKeyRow[]> {
    return tx.find(SigningKeyRow, {
      where: { state: In(['next', 'current', 'retiring']) },
      order: { createdAt: 'DESC', kid: 'ASC' },
    });
  }

  /** Of several instances that start at once on an empty database one wins; the others take its key. */
  async insertFirstDataKey(tx: Transaction, key: NewDataKey): Promise<void> {
    await tx.createQueryBuilder().insert().into(DataKey).values(key).orIgnore().execute();
  }

  async insertSigningKeyIfFree(tx: Transaction, key: NewSigningKey): Promise<void> {
    await tx.createQueryBuilder().insert().into(SigningKeyRow).values(key).orIgnore().execute();
  }
}
