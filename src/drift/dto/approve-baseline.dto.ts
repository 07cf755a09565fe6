import { IsBoolean, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

/** Makes a snapshot the tenant's baseline. */
export class ApproveBaselineDto {
  @IsUUID('loose')
  snapshotId: string;

  /** Why, for the audit trail. */
  @IsString()
  @MaxLength(1000)
  @Matches(/\S/, { message: 'reason must say something' })
  reason: string;

  /** Approve although parts of the tenant weren't read: what is in them can't be reported as added later. */
  @MayBeAbsent()
  @IsBoolean()
  acceptIncomplete?: boolean;
}
