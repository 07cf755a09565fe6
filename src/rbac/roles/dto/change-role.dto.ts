import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsInt,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { PageQueryDto } from '../../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { MAX_PERMISSION_LENGTH } from '../../permission-name.js';
import type { NewRole, RolePatch } from '../../rbac.types.js';
import {
  DEFAULT_ACTIVATION_SECONDS,
  MAX_ACTIVATION_SECONDS,
  MAX_ROLE_PARENTS,
  MAX_ROLE_PERMISSIONS,
  MIN_ACTIVATION_CAP_SECONDS,
  ROLE_NAME_PATTERN,
} from '../role-limits.js';

const NAME_MESSAGE = 'must be 1 to 100 of a-z, 0-9 and ._-, beginning with a letter or digit';

/** Which roles to list. */
export class RoleQueryDto extends PageQueryDto {
  /** Only those whose name contains this, in any case. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  name?: string;
}

/** What of a role need not be said. */
export class RoleContentDto {
  /** Of this service or of a registered namespace; at most 1,000. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(MAX_ROLE_PERMISSIONS)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(MAX_PERMISSION_LENGTH, { each: true })
  permissions?: string[];

  /** roles.id of the roles it inherits from; at most 50, and 20 levels in all. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(MAX_ROLE_PARENTS)
  @ArrayUnique()
  @IsUUID('loose', { each: true })
  parents?: string[];

  /** How long an activation of it may last; eight hours when a new role doesn't say. */
  @MayBeAbsent()
  @IsInt()
  @Min(MIN_ACTIVATION_CAP_SECONDS)
  @Max(MAX_ACTIVATION_SECONDS)
  activationMaxSeconds?: number;

  /** Whether an activation waits for somebody else's approval. */
  @MayBeAbsent()
  @IsBoolean()
  activationNeedsApproval?: boolean;
}

/** A role to create. There are at most 5,000. */
export class CreateRoleDto extends RoleContentDto {
  /** 1 to 100 of a-z, 0-9 and ._-, beginning with a letter or digit. */
  @IsString()
  @Matches(ROLE_NAME_PATTERN, { message: NAME_MESSAGE })
  name: string;

  /** For people. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  description?: string;

  static toNewRole(dto: CreateRoleDto): NewRole {
    return {
      name: dto.name,
      description: dto.description ?? '',
      permissions: dto.permissions ?? [],
      parents: eachOnce(dto.parents ?? []),
      activationMaxSeconds: dto.activationMaxSeconds ?? DEFAULT_ACTIVATION_SECONDS,
      activationNeedsApproval: dto.activationNeedsApproval ?? false,
    };
  }
}

/** A patch of a role; what is absent stays, lists are replaced. */
export class UpdateRoleDto extends RoleContentDto {
  /** 1 to 100 of a-z, 0-9 and ._-, beginning with a letter or digit. */
  @MayBeAbsent()
  @IsString()
  @Matches(ROLE_NAME_PATTERN, { message: NAME_MESSAGE })
  name?: string;

  /** For people. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  description?: string;

  static toPatch(dto: UpdateRoleDto): RolePatch {
    const { parents, ...rest } = dto;
    const patch = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    return { ...patch, ...(parents === undefined ? {} : { parents: eachOnce(parents) }) };
  }
}

/** Spelt in two ways an id passes ArrayUnique, and is the same once it has its one form. */
function eachOnce(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
