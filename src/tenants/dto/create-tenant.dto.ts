import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { NewTenant, TenantPatch } from '../tenants.types.js';

const DEFAULT_INTERVAL_SECONDS = 300;

/** What can be said of a tenant from the first. */
export class TenantSettingsDto {
  /** Name for people. */
  @MayBeAbsent()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  displayName?: string;

  /** Whether its people may sign in here. */
  @MayBeAbsent()
  @IsBoolean()
  signInAllowed?: boolean;

  /** Whether it is scanned on schedule. */
  @MayBeAbsent()
  @IsBoolean()
  scanEnabled?: boolean;

  /** Seconds between two scheduled scans. */
  @MayBeAbsent()
  @IsInt()
  @Min(30)
  @Max(86_400)
  scanIntervalSeconds?: number;

  /** Object ids of the emergency access accounts that policies exclude on purpose. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(20)
  @IsUUID('loose', { each: true })
  breakGlassObjectIds?: string[];

  /** Whether accepting or ignoring high and critical drift, and approving baselines with it, needs a second person. */
  @MayBeAbsent()
  @IsBoolean()
  secondPerson?: boolean;
}

/** A patch of a tenant; what is absent stays. */
export class UpdateTenantDto extends TenantSettingsDto {
  /** Whether the service may carry out approved plans that restore the baseline, with the write permissions that it has there. */
  @MayBeAbsent()
  @IsBoolean()
  remediationEnabled?: boolean;

  static toPatch(dto: UpdateTenantDto): TenantPatch {
    return { ...dto };
  }
}

/** A tenant to watch. */
export class CreateTenantDto extends TenantSettingsDto {
  /** Entra's directory id. */
  @IsUUID('loose')
  entraTenantId: string;

  static toNewTenant(dto: CreateTenantDto): NewTenant {
    const entraTenantId = dto.entraTenantId.toLowerCase();
    return {
      entraTenantId,
      displayName: dto.displayName ?? entraTenantId,
      // Watching a tenant lets nobody in by itself.
      signInAllowed: dto.signInAllowed ?? false,
      scanEnabled: dto.scanEnabled ?? true,
      scanIntervalSeconds: dto.scanIntervalSeconds ?? DEFAULT_INTERVAL_SECONDS,
      breakGlassObjectIds: dto.breakGlassObjectIds ?? [],
      secondPerson: dto.secondPerson ?? false,
    };
  }
}
