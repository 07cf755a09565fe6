import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import { type BulkDecision, type BulkRequest, type BulkRow, MAX_BULK_ROWS } from '../decisions/bulk-decision.types.js';
import { IgnoreChangeDto, untilOf } from './decide-change.dto.js';

const MAX_VERSION = 1_000_000_000;
export const DEFAULT_BULK_PAGE = 200;

/** A change as whoever decides has seen it. */
export class BulkItemDto {
  @IsUUID('loose')
  id: string;

  /** What If-Match would say. */
  @IsInt()
  @Min(1)
  @Max(MAX_VERSION)
  version: number;
}

/** The same decision on many changes. */
export class DecideInBulkDto extends IgnoreChangeDto {
  @IsIn(['accept', 'ignore', 'deny', 'reopen'])
  decision: 'accept' | 'ignore' | 'deny' | 'reopen';

  /** At most 1000, each change once. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BULK_ROWS)
  @ArrayUnique(({ id }: BulkItemDto) => String(id).toLowerCase())
  @ValidateNested({ each: true })
  @Type(() => BulkItemDto)
  items: BulkItemDto[];

  static toRequest(dto: DecideInBulkDto): BulkRequest {
    const rows = dto.items.map(({ id, version }) => ({ changeId: id.toLowerCase(), version }));
    return { kind: dto.decision, reason: dto.reason, until: untilOf(dto), rows };
  }
}

/** Which rows of a bulk decision. */
export class BulkRowsQueryDto {
  /** Rows after this position. */
  @MayBeAbsent()
  @Transform(({ value }: { value: unknown }) => Number(value))
  @IsInt()
  @Min(0)
  @Max(MAX_BULK_ROWS)
  after?: number;

  /** Rows a page. */
  @MayBeAbsent()
  @Transform(({ value }: { value: unknown }) => Number(value))
  @IsInt()
  @Min(1)
  @Max(MAX_BULK_ROWS)
  limit?: number;
}

/** How a decision on many changes stands. */
export class BulkDecisionDto {
  id: string;
  status: 'running' | 'completed';
  decision: 'accept' | 'ignore' | 'deny' | 'reopen';
  reason: string;
  /** RFC 3339. */
  until: string | null;
  /** Id of who handed it in. */
  requestedBy: string;
  /** Rows. */
  total: number;
  decided: number;
  refused: number;
  /** Rows that were given up after five tries, by our fault. */
  failed: number;
  /** RFC 3339. */
  createdAt: string;
  finishedAt: string | null;

  static from(bulk: BulkDecision): BulkDecisionDto {
    const { id, actor, kind, reason, until, total, decided, refused, failed, createdAt, finishedAt } = bulk;
    return {
      id,
      status: finishedAt === null ? 'running' : 'completed',
      decision: kind,
      reason,
      until: until?.toISOString() ?? null,
      requestedBy: actor.id,
      total,
      decided,
      refused,
      failed,
      createdAt: createdAt.toISOString(),
      finishedAt: finishedAt?.toISOString() ?? null,
    };
  }
}

/** What became of one row. */
export class BulkRowDto {
  /** Counts from 1. */
  position: number;
  /** Id of the change. */
  changeId: string;
  version: number;
  /** `waiting`: nobody was at it yet, or it is tried again; `failed`: given up, by our fault. */
  outcome: 'waiting' | 'decided' | 'refused' | 'failed';
  /** Code of the error, as the single decision would answer. */
  code: string | null;
  title: string | null;
  /** RFC 3339. */
  decidedAt: string | null;

  static from(row: BulkRow): BulkRowDto {
    return { ...row, outcome: row.outcome ?? 'waiting', decidedAt: row.decidedAt?.toISOString() ?? null };
  }
}

export class BulkRowsDto {
  items: BulkRowDto[];
  /** Position to go on after; null on the last page. */
  nextAfter: number | null;
}
