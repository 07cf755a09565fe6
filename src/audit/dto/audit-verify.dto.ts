import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MAX_NOTE_BYTES } from '../../crypto/signed-note.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { BundleVerdict } from '../evidence/evidence.types.js';
import type { InclusionHolds, ProofFails } from '../evidence/verify-proof.js';

/** Of the whole request; a larger bundle is verified by `blindspotx audit verify`. */
export const MAX_VERIFY_BYTES = 8 * 1024 * 1024;
const MAX_KEYS = 16;
const MAX_KEPT = 64;
const MAX_PATH = 64;

/** What `GET /audit/events/{id}/proof` gave. */
export class GivenProofDto {
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  leafIndex: number;

  /** Not needed: the checkpoint says it. */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  treeSize?: number;

  /** Not needed: the record is hashed. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  leafHash?: string;

  @IsArray()
  @ArrayMaxSize(MAX_PATH)
  @IsString({ each: true })
  @Length(44, 44, { each: true })
  hashes: string[];

  @IsString()
  @MaxLength(MAX_VERIFY_BYTES)
  record: string;

  @IsString()
  @MaxLength(MAX_NOTE_BYTES)
  checkpoint: string;
}

/** A proof or a bundle, and whose signature counts. */
export class AuditVerifyDto {
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => GivenProofDto)
  proof?: GivenProofDto;

  /** The lines of an evidence bundle. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(MAX_VERIFY_BYTES)
  bundle?: string;

  /** Public keys as `name+id+key`; those of this log when absent. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_KEYS)
  @IsString({ each: true })
  @MaxLength(1024, { each: true })
  keys?: string[];

  /** Notes of checkpoints that were kept elsewhere, which it has to agree with. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(MAX_KEPT)
  @IsString({ each: true })
  @MaxLength(MAX_NOTE_BYTES, { each: true })
  checkpoints?: string[];

  /** For a bundle: any record of the log that is left out refutes it, whatever it was asked for. */
  @MayBeAbsent()
  @IsBoolean()
  complete?: boolean;
}

/** Places of the log, from `from` to before `to`. */
export class AuditPlacesDto {
  from: number;
  to: number;
}

/** What a bundle says that it was asked for: records that match among the places from `from` to before `to`. */
export class BundleQuestionDto extends AuditPlacesDto {
  /** Empty: every record. */
  filter: Record<string, string>;
  /** Whether whoever asked may read every record. */
  everything: boolean;
}

/** Records of the log that the bundle leaves out. */
export class MissingRecordsDto {
  count: number;
  /** Where they lie; the first 100 ranges. */
  ranges: AuditPlacesDto[];
}

/** Whether the evidence holds; where it doesn't, the first position that doesn't and why. */
export class AuditVerdictDto {
  holds: boolean;
  origin?: string;
  /** Records in the log. */
  size?: number;
  /** Records in the bundle. */
  records?: number;
  /** Place of the first record in the bundle; null when it has none. */
  first?: number | null;
  /** Place of the last record in the bundle. */
  last?: number | null;
  /** Null in bundles that don't say it. */
  asked?: BundleQuestionDto | null;
  missing?: MissingRecordsDto;
  leafIndex?: number;
  /** The trusted keys that signed. */
  signedBy?: string[];
  /** Of the bundle, from 1 on. */
  line?: number;
  /** The places in the log that the fault is in: from `from` to before `to`. */
  range?: AuditPlacesDto | null;
  reason?: string;
  detail?: string;

  static from(verdict: BundleVerdict | InclusionHolds | ProofFails): AuditVerdictDto {
    if (!verdict.holds) return { ...verdict };
    const { origin, size, signedBy } = verdict;
    if (!('records' in verdict))
      return { holds: true, origin, size, leafIndex: verdict.leafIndex, signedBy: [...signedBy] };
    const { records, first, last, asked, missing } = verdict;
    const { count, ranges } = missing;
    return {
      holds: true,
      origin,
      size,
      records,
      first,
      last,
      asked,
      missing: { count, ranges: [...ranges] },
      signedBy: [...signedBy],
    };
  }
}
