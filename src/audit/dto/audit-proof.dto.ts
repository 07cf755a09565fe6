import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { ConsistencyEvidence, InclusionEvidence } from '../read/audit-proofs.service.js';
import type { LogKey } from '../read/log-keys.service.js';
import type { StoredCheckpoint } from '../seal/audit-tree.repository.js';

export class ProofQueryDto {
  /** Size of a checkpoint that the caller holds; the newest one when absent. */
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  size?: number;
}

export class ConsistencyQueryDto {
  /** Size of the older log. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  first: number;

  /** Size of the newer log; that of the newest checkpoint when absent. */
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  second?: number;
}

/** Inclusion proof (RFC 9162 2.1.3). Bytes are base64. */
export class InclusionProofDto {
  leafIndex: number;
  treeSize: number;
  /** SHA-256(0x00 || record). */
  leafHash: string;
  /** The path from the leaf to the root. */
  hashes: string[];
  /** The record as it was sealed: RFC 8785 JSON, whose UTF-8 bytes are hashed. */
  record: string;
  /** Signed note (c2sp.org/tlog-checkpoint) of the tree of `treeSize`. */
  checkpoint: string;

  static from({ leafIndex, leafHash, hashes, record, checkpoint }: InclusionEvidence): InclusionProofDto {
    return {
      leafIndex,
      treeSize: checkpoint.size,
      leafHash: leafHash.toString('base64'),
      hashes: hashes.map((hash) => hash.toString('base64')),
      record,
      checkpoint: checkpoint.note,
    };
  }
}

/** Consistency proof (RFC 9162 2.1.4). */
export class ConsistencyProofDto {
  first: number;
  second: number;
  /** Base64. */
  hashes: string[];
  /** The signed note of the size `first`; null where the log wasn't signed at it. */
  firstCheckpoint: string | null;
  /** The signed note of the size `second`; null where the log wasn't signed at it. */
  secondCheckpoint: string | null;

  static from({ hashes, ...evidence }: ConsistencyEvidence): ConsistencyProofDto {
    return { ...evidence, hashes: hashes.map((hash) => hash.toString('base64')) };
  }
}

/** What the log signed at a size. */
export class CheckpointDto {
  treeSize: number;
  /** Base64. */
  rootHash: string;
  /** Signed note (c2sp.org/tlog-checkpoint); keep it elsewhere. */
  note: string;
  signedAt: string;

  static from({ size, root, note, signedAt }: StoredCheckpoint): CheckpointDto {
    return { treeSize: size, rootHash: root.toString('base64'), note, signedAt: signedAt.toISOString() };
  }
}

export class CheckpointPageDto {
  items: CheckpointDto[];
  nextCursor: string | null;
}

/** A key that signs or signed the log. */
export class LogKeyDto {
  /** `name+id+key`, as `blindspotx audit verify --key` takes it. */
  key: string;
  state: 'current' | 'retiring' | 'retired';
  createdAt: string;
  /** When it signs no more; null while nothing replaces it. */
  retiresAt: string | null;

  static from({ line, state, createdAt, retiresAt }: LogKey): LogKeyDto {
    return { key: line, state, createdAt: createdAt.toISOString(), retiresAt: retiresAt?.toISOString() ?? null };
  }
}

export class LogKeysDto {
  /** The log's name, which its checkpoints begin with. */
  origin: string;
  /** Newest first. */
  keys: LogKeyDto[];
}
