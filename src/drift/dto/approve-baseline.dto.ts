import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import { MAX_BASELINE_CHANGES } from '../baseline/baseline-changes.service.js';

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

/** Makes the next version of a baseline out of the one in force and these changes. */
export class ApproveChangesDto {
  /** Changes of one tenant that aren't closed, at most 1000. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BASELINE_CHANGES)
  @IsUUID('loose', { each: true })
  changeIds: string[];

  /** Why, for the audit trail. */
  @IsString()
  @MaxLength(1000)
  @Matches(/\S/, { message: 'reason must say something' })
  reason: string;
}

/** What somebody thinks of approving: a snapshot or changes. */
export class PreviewBaselineDto {
  /** This or `changeIds`. */
  @MayBeAbsent()
  @IsUUID('loose')
  snapshotId?: string;

  /** Changes of one tenant that aren't closed, at most 1000. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BASELINE_CHANGES)
  @IsUUID('loose', { each: true })
  changeIds?: string[];
}
