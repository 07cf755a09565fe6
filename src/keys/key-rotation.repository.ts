import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import { PUBLISHED_BEFORE_SIGNING_SECONDS, RETIRING_SECONDS } from './key-times.js';
import type { SigningKeyStatus } from './keys.types.js';

type Changed<Row> = [rows: Row[], count: number];

const SHOWN = 20;

/** The steps of a rotation. All of them are taken under KeysRepository.lock, and by the clock of the moment, not of the transaction. */
@Injectable()
export class KeyRotationRepository {
  /** Newest first; of the retired ones only the last few. */
  async findStatus(tx: Transaction): Promise<(SigningKeyStatus & { now: Date })[]> {
    return tx.query<(SigningKeyStatus & { now: Date })[]>(
      `SELECT kid, state, created_at AS "createdAt", activated_at AS "activatedAt", retires_at AS "retiresAt",
              CASE WHEN state = 'next' THEN created_at + make_interval(secs => $1) END AS "readyAt",
              clock_timestamp() AS now
         FROM signing_keys
        ORDER BY array_position(ARRAY['next', 'current', 'retiring', 'retired'], state), created_at DESC
        LIMIT ${SHOWN}`,
      [PUBLISHED_BEFORE_SIGNING_SECONDS],
    );
  }

  /** @returns whether the current key has signed for longer, and the next one has been published for long enough */
  async isDue(tx: Transaction, rotationDays: number): Promise<boolean> {
    const rows = await tx.query<{ due: boolean }[]>(
      `SELECT current.activated_at < clock_timestamp() - make_interval(days => $1)
              AND next.created_at <= clock_timestamp() - make_interval(secs => $2) AS due
         FROM signing_keys current, signing_keys next
        WHERE current.state = 'current' AND next.state = 'next'`,
      [rotationDays, PUBLISHED_BEFORE_SIGNING_SECONDS],
    );
    return rows[0]?.due === true;
  }

  /** The current key signs no more; what it has signed stays good for as long as that can live. */
  async stopSigning(tx: Transaction): Promise<{ kid: string; retiresAt: Date } | null> {
    const [rows] = await tx.query<Changed<{ kid: string; retiresAt: Date }>>(
      `UPDATE signing_keys SET state = 'retiring', retires_at = clock_timestamp() + make_interval(secs => $1)
        WHERE state = 'current' RETURNING kid, retires_at AS "retiresAt"`,
      [RETIRING_SECONDS],
    );
    return rows[0] ?? null;
  }

  async startSigning(tx: Transaction): Promise<string | null> {
    const [rows] = await tx.query<Changed<{ kid: string }>>(
      `UPDATE signing_keys SET state = 'current', activated_at = clock_timestamp() WHERE state = 'next' RETURNING kid`,
    );
    return rows[0]?.kid ?? null;
  }

  /** The private half goes for good; the public one stays, so that an old kid can still be named. */
  async retireDue(tx: Transaction): Promise<string[]> {
    const [rows] = await tx.query<Changed<{ kid: string }>>(
      `UPDATE signing_keys SET state = 'retired', wrapped_private_key = ''
        WHERE state = 'retiring' AND retires_at <= clock_timestamp() RETURNING kid`,
    );
    return rows.map(({ kid }) => kid);
  }
}
