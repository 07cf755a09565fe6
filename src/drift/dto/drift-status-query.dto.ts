import { IsOptional, IsUUID } from 'class-validator';

export class DriftStatusQueryDto {
  /** Only this watched tenant (its id in /tenants). */
  @IsOptional()
  @IsUUID('loose')
  tenant?: string;
}
