import type { DataSource } from 'typeorm';
import { systemActor } from '../access/actor.js';
import type { Settings } from '../config/settings.js';
import { KeyRewrapping, type KeysRewrapped } from '../keys/key-rewrapping.service.js';
import { KeySuccession } from '../keys/key-succession.service.js';
import type { KeyRotated, RotatedKind, SigningKeyRotated, SigningKeysStatus } from '../keys/keys.types.js';
import { type KeysStatus, KeysStatusService } from '../keys/keys-status.service.js';
import { SigningKeyRotation } from '../keys/signing-key-rotation.service.js';
import { withApplication } from './with-application.js';

const OPERATOR = systemActor('operator');
const OTHERS: readonly RotatedKind[] = ['data', 'index', 'checkpoint'];

export type RotatableKind = RotatedKind | 'signing' | 'all';

export interface RotatedByOperator {
  signing: SigningKeyRotated | null;
  others: KeyRotated[];
}

/**
 * Rotates keys without a running service; running ones hear of it from the database, and write again what lies under the older.
 *
 * @throws DomainError keys.next_too_young unless forced; keys.master_key_wrong; keys.vault_unavailable
 */
export function rotateKeysByOperator(
  settings: Settings,
  dataSource: DataSource,
  kind: RotatableKind,
  force: boolean,
): Promise<RotatedByOperator> {
  return withApplication(settings, dataSource, async (app) => {
    const isWanted = (other: RotatableKind) => kind === other || kind === 'all';
    const signing = isWanted('signing')
      ? await app.get(SigningKeyRotation, { strict: false }).rotate(OPERATOR, { force })
      : null;
    const others: KeyRotated[] = [];
    for (const other of OTHERS.filter(isWanted)) {
      others.push(await app.get(KeySuccession, { strict: false }).rotate(OPERATOR, other, { force }));
    }
    return { signing, others };
  });
}

/**
 * Wraps all keys by the key-encryption key of now; running services then write again what lies under older keys.
 *
 * @throws DomainError keys.master_key_wrong; keys.vault_unavailable
 */
export function rewrapKeysByOperator(settings: Settings, dataSource: DataSource): Promise<KeysRewrapped> {
  return withApplication(settings, dataSource, async (app) => {
    const rewrapped = await app.get(KeyRewrapping, { strict: false }).run(OPERATOR);
    await app.get(KeySuccession, { strict: false }).requestUpkeep(OPERATOR);
    return rewrapped;
  });
}

export function keysStatusByOperator(
  settings: Settings,
  dataSource: DataSource,
): Promise<{ signing: SigningKeysStatus; status: KeysStatus }> {
  return withApplication(settings, dataSource, async (app) => ({
    signing: await app.get(SigningKeyRotation, { strict: false }).status(),
    status: await app.get(KeysStatusService, { strict: false }).status(),
  }));
}
