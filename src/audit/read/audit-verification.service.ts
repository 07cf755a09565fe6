import { Injectable } from '@nestjs/common';
import { NoteRefused, parseVerifierKey, type VerifierKey } from '../../crypto/signed-note.js';
import type { BundleVerdict } from '../evidence/evidence.types.js';
import { verifyBundle } from '../evidence/verify-bundle.js';
import {
  type GivenInclusion,
  type InclusionHolds,
  type ProofFails,
  verifyInclusionProof,
} from '../evidence/verify-proof.js';
import { auditReadError } from './audit-read.errors.js';
import { LogKeys } from './log-keys.service.js';
import { Turnstile } from './turnstile.js';

export interface TrustedHere {
  /** Lines of public keys; the log's own when absent. */
  keys?: readonly string[] | undefined;
  /** Notes that were kept outside of the log. */
  checkpoints?: readonly string[] | undefined;
  complete?: boolean | undefined;
}

const VERIFICATIONS = { inside: 2, waiting: 16 };
/** Notes of so many bytes have few enough signatures to be checked in one turn of the event loop. */
const PIECE_BYTES = 8 * 1024;

/** Looks evidence over for those who have nothing at hand to do it themselves. Whoever doesn't trust this service does it offline. */
@Injectable()
export class AuditVerification {
  private readonly turnstile = new Turnstile(VERIFICATIONS);

  constructor(private readonly keys: LogKeys) {}

  /** @throws DomainError audit.unreadable_evidence for keys or kept checkpoints that are none, audit.too_busy */
  async bundle(text: string, { keys, checkpoints = [], complete }: TrustedHere): Promise<BundleVerdict> {
    const leave = await this.turnstile.enter();
    try {
      const trusted = await this.trusted(keys);
      return await readingEvidence(() =>
        verifyBundle(pieces(Buffer.from(text)), { trusted, kept: checkpoints, complete }),
      );
    } finally {
      leave();
    }
  }

  /** @throws DomainError audit.unreadable_evidence for keys that are none */
  async proof(proof: GivenInclusion, { keys, checkpoints }: TrustedHere): Promise<InclusionHolds | ProofFails> {
    const trusted = await this.trusted(keys);
    return readingEvidence(async () => verifyInclusionProof(proof, { trusted, kept: checkpoints }));
  }

  private async trusted(lines: readonly string[] | undefined): Promise<VerifierKey[]> {
    if (lines === undefined) return (await this.keys.all()).map(({ verifier }) => verifier);
    return readingEvidence(async () => lines.map(parseVerifierKey));
  }
}

async function readingEvidence<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NoteRefused)
      throw auditReadError('audit.unreadable_evidence', {
        detail: `A key or checkpoint is refused: ${error.message}.`,
      });
    throw error;
  }
}

/** In pieces, others having their turn between them. */
async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    yield bytes.subarray(at, at + PIECE_BYTES);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
