import { IsBoolean, IsIn, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { NewServiceAccount, ServiceAccountPatch } from '../service-account.types.js';

/** The name stands in records and logs beside those of people: nothing in it that hides, moves or reverses text. */
const NAME = /^(?!\s)[^\p{C}\p{Zl}\p{Zp}]+(?<!\s)$/u;
const NAME_MESSAGE = { message: 'must be visible text on one line, without spaces around it' };

/** A service account to make. */
export class CreateServiceAccountDto {
  /** What it is called, once in a tenant. */
  @IsString()
  @MaxLength(100)
  @Matches(NAME, NAME_MESSAGE)
  name: string;

  /** What it is for. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  description?: string;

  /** users.id of an active user, to whose tenant it then belongs; the caller when absent. */
  @MayBeAbsent()
  @IsUUID('loose')
  owner?: string;

  /** Whether it gets only tokens that are bound to a key (RFC 9449); not when absent. */
  @MayBeAbsent()
  @IsBoolean()
  dpopRequired?: boolean;

  static toNewServiceAccount(dto: CreateServiceAccountDto): NewServiceAccount {
    const { name, description = '', owner = null, dpopRequired = false } = dto;
    return { name, description, ownerUserId: owner, dpopRequired };
  }
}

/** A patch of a service account; what is absent stays. */
export class UpdateServiceAccountDto {
  /** What it is called, once in a tenant. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  @Matches(NAME, NAME_MESSAGE)
  name?: string;

  /** What it is for. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  description?: string;

  /** `disabled` ends its tokens at once; its credentials come back with `active`, unless they were revoked. */
  @MayBeAbsent()
  @IsIn(['active', 'disabled'])
  status?: 'active' | 'disabled';

  /** users.id of an active user of its tenant, to whom it is handed over. */
  @MayBeAbsent()
  @IsUUID('loose')
  owner?: string;

  /** Whether it gets only tokens that are bound to a key (RFC 9449). Beginning to demand it ends its tokens. */
  @MayBeAbsent()
  @IsBoolean()
  dpopRequired?: boolean;

  static toPatch({ name, description, status, owner, dpopRequired }: UpdateServiceAccountDto): ServiceAccountPatch {
    const patch = { name, description, status, ownerUserId: owner, dpopRequired };
    return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  }
}
