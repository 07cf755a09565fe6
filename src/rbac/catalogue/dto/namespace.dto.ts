import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
  MinLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { NAMESPACE_PATTERN, OWN_PERMISSION_PATTERN } from '../../permission-name.js';
import type { NamespacePatch, NewNamespace, PermissionNamespace, RegisteredPermission } from '../namespace.types.js';
import { MAX_REGISTERED_PERMISSIONS } from '../registered-permission.js';

/** A patch of a namespace; what is absent stays. */
export class UpdateNamespaceDto {
  /** Name for people. */
  @MayBeAbsent()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  displayName?: string;

  /** The program that registers its permissions (service_accounts.id); null for none. It needs `permissions:register`. */
  @MayBeAbsent()
  @ValidateIf((_object, value: unknown) => value !== null)
  @IsUUID('loose')
  serviceAccount?: string | null;

  static toPatch({ displayName, serviceAccount }: UpdateNamespaceDto): NamespacePatch {
    return {
      ...(displayName === undefined ? {} : { displayName }),
      ...(serviceAccount === undefined ? {} : { serviceAccountId: serviceAccount }),
    };
  }
}

/** A namespace for the permissions of an application. There are at most 200. */
export class CreateNamespaceDto extends UpdateNamespaceDto {
  /** 2 to 31 of a-z, 0-9 and -, beginning with a letter. It can't be changed. */
  @IsString()
  @Matches(NAMESPACE_PATTERN, { message: 'must be 2 to 31 of a-z, 0-9 and -, beginning with a letter' })
  name: string;

  static toNewNamespace({ name, displayName, serviceAccount }: CreateNamespaceDto): NewNamespace {
    return { name, displayName: displayName ?? name, serviceAccountId: serviceAccount ?? null };
  }
}

/** A namespace. */
export class NamespaceDto {
  name: string;
  displayName: string;
  /** service_accounts.id of the program that registers; null: only people do. */
  serviceAccount: string | null;

  static from({ name, displayName, serviceAccountId }: PermissionNamespace): NamespaceDto {
    return { name, displayName, serviceAccount: serviceAccountId };
  }
}

export class NamespacePageDto {
  items: NamespaceDto[];
  nextCursor: string | null;
}

/** One permission of an application. */
export class RegisteredPermissionDto {
  /** `resource:action`, without the namespace; each part up to 63 of a-z, 0-9 and -. */
  @IsString()
  @Matches(OWN_PERMISSION_PATTERN, { message: 'must be resource:action, of a-z, 0-9 and -, such as invoice:read' })
  name: string;

  /** What it allows, for people. */
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  description: string;
}

/** All permissions of a namespace; those that are absent are deleted. */
export class RegisterPermissionsDto {
  /** At most 2,000. */
  @IsArray()
  @ArrayMaxSize(MAX_REGISTERED_PERMISSIONS)
  @ArrayUnique((permission: RegisteredPermission | null) => permission?.name, { message: 'names each permission once' })
  @ValidateNested({ each: true })
  @Type(() => RegisteredPermissionDto)
  permissions: RegisteredPermissionDto[];
}

export class RegisteredPermissionsDto {
  items: RegisteredPermissionDto[];
  nextCursor: string | null;
}
