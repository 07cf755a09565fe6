import { IsUUID } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

/** A scan outside the schedule. */
export class StartScanDto {
  /** Id in /tenants; may be left out where one tenant is scanned. */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;
}
