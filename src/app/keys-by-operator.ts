import type { DataSource } from 'typeorm';
import { systemActor } from '../access/actor.js';
import type { Settings } from '../config/settings.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { KeyRewrapping, type KeysRewrapped } from '../keys/key-rewrapping.service.js';
import { KeySuccession } from '../keys/key-succession.service.js';
import type { KeyRotated, RotatedKind, SigningKeyRotated, SigningKeysStatus } from '../keys/keys.types.js';
import { type KeysStatus, KeysStatusService } from '../keys/keys-status.service.js';
import { SigningKeyRotation } from '../keys/signing-key-rotation.service.js';
import { withApplication } from './with-application.js';

const OPERATOR = systemActor('operator');
const OTHERS: readonly RotatedKind[] = ['data', 'index', 'checkpoint'];

export type RotatableKind = RotatedKind | 'signing' | 'all';

/** What became of one kind: another key is in use, or why not. */
export type RotationOutcome =
  | { kind: 'signing'; rotated: SigningKeyRotated }
  | { kind: RotatedKind; rotated: KeyRotated }
  | { kind: 'signing' | RotatedKind; refused: DomainError };

/**
 * Rotates keys without a running service; running ones hear of it from the database, and write again what lies under the older. Each
 * kind for itself: one that is refused (keys.next_too_young unless forced, keys.vault_unavailable) keeps no other from it.
 *
 * @returns one outcome a kind
 * @throws DomainError keys.master_key_wrong
 */
export function rotateKeysByOperator(
  settings: Settings,
  dataSource: DataSource,
  kind: RotatableKind,
  force: boolean,
): Promise<RotationOutcome[]> {
  return withApplication(settings, dataSource, async (app) => {
    const isWanted = (other: RotatableKind) => kind === other || kind === 'all';
    const outcomes: RotationOutcome[] = [];
    if (isWanted('signing')) {
      const signing = app.get(SigningKeyRotation, { strict: false });
      outcomes.push(
        await orRefused('signing', async () => ({
          kind: 'signing',
          rotated: await signing.rotate(OPERATOR, { force }),
        })),
      );
    }
    const succession = app.get(KeySuccession, { strict: false });
    for (const other of OTHERS.filter(isWanted)) {
      outcomes.push(
        await orRefused(other, async () => ({
          kind: other,
          rotated: await succession.rotate(OPERATOR, other, { force }),
        })),
      );
    }
    return outcomes;
  });
}

async function orRefused(
  kind: 'signing' | RotatedKind,
  rotate: () => Promise<RotationOutcome>,
): Promise<RotationOutcome> {
  try {
    return await rotate();
  } catch (error) {
    if (error instanceof DomainError) return { kind, refused: error };
    throw error;
  }
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
