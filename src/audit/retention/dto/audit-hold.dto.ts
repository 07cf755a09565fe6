import { IsString, IsUUID, MaxLength, MinLength } from 'class-validator';
import { IsInstant } from '../../../kernel/validation/is-instant.decorator.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import type { AuditHold, NewAuditHold } from '../audit-hold.types.js';

/** What to hold, and why. */
export class CreateAuditHoldDto {
  /** For people: which case, who asked for it. */
  @IsString()
  @MinLength(1)
  @MaxLength(1000)
  reason: string;

  /** Records from this time on. Months are kept whole. */
  @IsInstant()
  from: string;

  /** Records before this time; it may lie ahead. */
  @IsInstant()
  to: string;

  /** Id of the watched tenant whose records it is about; all that lies in the same months is kept with them. */
  @MayBeAbsent()
  @IsUUID('loose')
  tenantId?: string;

  static toHold(dto: CreateAuditHoldDto): NewAuditHold {
    return {
      reason: dto.reason,
      from: new Date(dto.from),
      to: new Date(dto.to),
      tenantId: dto.tenantId ?? null,
    };
  }
}

/** Who did it. */
export class AuditHoldActorDto {
  type: 'user' | 'service_account' | 'system';
  id: string;
}

/** A legal hold over the audit trail. */
export class AuditHoldDto {
  id: string;
  reason: string;
  from: Date;
  to: Date;
  tenantId: string | null;
  createdBy: AuditHoldActorDto;
  createdAt: Date;
  releasedBy: AuditHoldActorDto | null;
  /** Null while it stands. */
  releasedAt: Date | null;

  static from(hold: AuditHold): AuditHoldDto {
    const { id, reason, from, to, tenantId, createdAt, releasedAt, releasedByType, releasedById } = hold;
    return {
      id,
      reason,
      from,
      to,
      tenantId,
      createdBy: { type: hold.createdByType, id: hold.createdById },
      createdAt,
      releasedBy: releasedByType === null || releasedById === null ? null : { type: releasedByType, id: releasedById },
      releasedAt,
    };
  }
}

export class AuditHoldPageDto {
  items: AuditHoldDto[];
  nextCursor: string | null;
}
