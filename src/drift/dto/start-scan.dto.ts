import { IsOptional, IsUUID } from 'class-validator';

/** A scan outside the schedule. */
export class StartScanDto {
  /** Id in /tenants; may be left out where one tenant is scanned. */
  @IsOptional()
  @IsUUID('loose')
  tenant?: string;
}
