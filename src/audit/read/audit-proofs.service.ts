import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { isTreeSize } from '../../crypto/merkle/subtrees.js';
import type { ReadTiles } from '../../crypto/merkle/tiles.js';
import { consistencyProof, inclusionProof } from '../../crypto/merkle/tree-proofs.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { DomainError } from '../../kernel/errors/domain-error.js';
import { boundPageOf, decodeBoundCursor } from '../../kernel/paging/bound-cursor.js';
import type { Page } from '../../kernel/paging/cursor.js';
import { AuditRepository } from '../audit.repository.js';
import { canonicalRecord } from '../log/canonical-record.js';
import { openStates } from '../log/open-states.js';
import { AuditTreeRepository, type StoredCheckpoint } from '../seal/audit-tree.repository.js';
import { SealedEnd } from '../seal/sealed-end.service.js';
import { SignedCheckpoints } from '../seal/signed-checkpoints.service.js';
import { auditReadError } from './audit-read.errors.js';
import { AUDIT_READ_ACTIONS } from './audit-read.events.js';
import { wasSealedAs } from './compared-record.js';
import { ReadingRecords } from './reading-records.service.js';
import { fromTheLog } from './refused-log.js';
import { SealedLogRepository } from './sealed-log.repository.js';
import { SealedUntilNow } from './sealed-until-now.service.js';

/** That a record is in the log at its place (RFC 9162 2.1.3). */
export interface InclusionEvidence {
  leafIndex: number;
  leafHash: Buffer;
  hashes: readonly Buffer[];
  /** The record's bytes as they were sealed. */
  record: string;
  checkpoint: StoredCheckpoint;
}

/** That the log of the second size begins with the log of the first (RFC 9162 2.1.4). */
export interface ConsistencyEvidence {
  first: number;
  second: number;
  hashes: readonly Buffer[];
  /** The notes of both sizes, where the log was signed at them. */
  firstCheckpoint: string | null;
  secondCheckpoint: string | null;
}

const CHECKPOINT_LIST = 'audit-checkpoints';

/** Proofs of the log, and what it has signed. */
@Injectable()
export class AuditProofs {
  private readonly readTiles: ReadTiles = (ids) => this.transactions.read((tx) => this.tree.readTiles(tx, ids));

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly events: AuditRepository,
    private readonly log: SealedLogRepository,
    private readonly tree: AuditTreeRepository,
    private readonly end: SealedEnd,
    private readonly signed: SignedCheckpoints,
    private readonly sealed: SealedUntilNow,
    private readonly keys: KeyRing,
    private readonly readings: ReadingRecords,
  ) {}

  /**
   * The proof in the newest signed tree, or in the one of a checkpoint that the caller holds; a record that isn't sealed yet is
   * sealed first.
   *
   * @param size of that checkpoint
   * @throws DomainError audit.event_not_found (also for a record that was changed after it was sealed), audit.unknown_size,
   *   audit.sealing_behind, audit.log_refused
   */
  async ofRecord(actor: CallerActor, id: string, size?: number): Promise<InclusionEvidence> {
    const reach = await this.readings.reachOf(actor);
    const stored = await this.transactions.read((tx) => this.events.find(tx, id, reach));
    if (stored === null) throw auditReadError('audit.event_not_found');
    const row = await openStates(this.keys, stored);
    await this.readings.record(actor, {
      action: AUDIT_READ_ACTIONS['audit.proof.read'],
      target: { type: 'audit-event', id },
      tenantId: row.tenantId,
      details: { count: 1, ...(size === undefined ? {} : { size }) },
    });
    const { place, checkpoint } = await this.covering(id, size);
    // No proof can hold for it: of what was sealed nothing is left but the hash.
    if (!wasSealedAs(row, place.leafHash))
      throw auditReadError('audit.event_not_found', {
        detail: `What the table has under this id isn't the record that was sealed at place ${place.leafIndex}.`,
      });
    const hashes = await fromTheLog(() => inclusionProof(place.leafIndex, checkpoint.size, this.readTiles));
    return { ...place, hashes, record: canonicalRecord(row), checkpoint };
  }

  /**
   * @param second the newest checkpoint's when it is absent
   * @throws DomainError audit.unknown_size unless first <= second <= size of the log
   */
  async consistency(first: number, second?: number): Promise<ConsistencyEvidence> {
    const { newest, size } = await fromTheLog(() =>
      this.transactions.read(async (tx) => ({
        newest: await this.signed.newest(tx),
        size: (await this.end.of(tx)).size,
      })),
    );
    const to = second ?? newest?.size ?? 0;
    if (first > to || to > size) throw unknownSize(first, to, size);
    const hashes = await fromTheLog(() => consistencyProof(first, to, this.readTiles));
    const notes = await this.transactions.read((tx) => this.signed.of(tx, [first, to]));
    const noteOf = (of: number) => notes.find((checkpoint) => checkpoint.size === of)?.note ?? null;
    return { first, second: to, hashes, firstCheckpoint: noteOf(first), secondCheckpoint: noteOf(to) };
  }

  /** Largest first. */
  async checkpoints(limit: number, cursor?: string): Promise<Page<StoredCheckpoint>> {
    const [before] = cursor === undefined ? [null] : decodeBoundCursor(CHECKPOINT_LIST, cursor, isSizePosition);
    const found = await fromTheLog(() => this.transactions.read((tx) => this.signed.page(tx, before, limit + 1)));
    return boundPageOf(CHECKPOINT_LIST, found, limit, ({ size }) => [size]);
  }

  /**
   * The newest one. Before anything was signed, what was recorded so far is sealed and signed for it.
   *
   * @throws DomainError audit.sealing_behind, audit.log_refused
   */
  async latest(): Promise<StoredCheckpoint> {
    const newest = await fromTheLog(() => this.transactions.read((tx) => this.signed.newest(tx)));
    return newest ?? this.sealed.checkpoint();
  }

  private async covering(id: string, size: number | undefined) {
    const [held, newest] = await fromTheLog(() =>
      this.transactions.read(async (tx) => [
        size === undefined ? undefined : (await this.signed.of(tx, [size]))[0],
        await this.signed.newest(tx),
      ]),
    );
    if (size !== undefined && held === undefined) throw auditReadError('audit.unknown_size');
    const place = await this.placeOf(id);
    const known = held ?? newest ?? null;
    if (place !== null && known !== null && place.leafIndex < known.size) return { place, checkpoint: known };
    if (held !== undefined)
      throw auditReadError('audit.unknown_size', { detail: `The record isn't among the first ${held.size}.` });
    const checkpoint = await this.sealed.checkpoint();
    const sealed = await this.placeOf(id);
    if (sealed === null) throw auditReadError('audit.sealing_behind', { retryAfterSeconds: 1 });
    return { place: sealed, checkpoint };
  }

  private async placeOf(id: string) {
    return this.transactions.read(async (tx) => {
      const { size } = await fromTheLog(() => this.end.of(tx));
      return (await this.log.findPlaces(tx, [id], size)).get(id) ?? null;
    });
  }
}

/** What the caller holds may be of a longer log than this one: the size that there is now belongs to the answer. */
function unknownSize(first: number, second: number, size: number): DomainError {
  const [pointer, detail] =
    first > size || second <= size
      ? ['/first', first > size ? `at most ${size}` : `at most ${second}, the size of the newer log`]
      : ['/second', `at most ${size}`];
  return auditReadError('audit.unknown_size', {
    detail: `The audit log has ${size} records now; there is no proof from ${first} to ${second}.`,
    errors: [{ pointer, code: 'range', detail }],
  });
}

function isSizePosition(parts: unknown[]): parts is [number] {
  return parts.length === 1 && isTreeSize(parts[0]);
}
