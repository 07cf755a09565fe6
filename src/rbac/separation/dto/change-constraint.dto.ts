import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { MAX_PERMISSION_LENGTH } from '../../permission-name.js';
import type { ConstraintPatch, NewConstraint } from '../separation.types.js';

const MIN_MEMBERS = 2;
const MAX_MEMBERS = 50;

/** What nobody may hold together. There are at most 1,000. */
export class CreateConstraintDto {
  /** 1 to 100 characters; no two constraints have the same. */
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  name: string;

  /** For people. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  description?: string;

  /** What the members are. */
  @IsIn(['roles', 'permissions'])
  kind: 'roles' | 'permissions';

  /** 2 to 50: roles.id, or names of permissions. */
  @IsArray()
  @ArrayMinSize(MIN_MEMBERS)
  @ArrayMaxSize(MAX_MEMBERS)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(MAX_PERMISSION_LENGTH, { each: true })
  members: string[];

  /** How many of them somebody may hold at the same time on overlapping scopes; fewer than there are. 1 when absent. */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MAX_MEMBERS - 1)
  atMost?: number;

  static toNewConstraint({ name, description, kind, members, atMost }: CreateConstraintDto): NewConstraint {
    return { name, description: description ?? '', kind, members: asStored(members), atMost: atMost ?? 1 };
  }
}

/** A patch of a constraint; what is absent stays, members are replaced. */
export class UpdateConstraintDto {
  /** 1 to 100 characters; no two constraints have the same. */
  @MayBeAbsent()
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  name?: string;

  /** For people. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  description?: string;

  /** What the members are; members have to be given with another kind. */
  @MayBeAbsent()
  @IsIn(['roles', 'permissions'])
  kind?: 'roles' | 'permissions';

  /** 2 to 50: roles.id, or names of permissions. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(MIN_MEMBERS)
  @ArrayMaxSize(MAX_MEMBERS)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(MAX_PERMISSION_LENGTH, { each: true })
  members?: string[];

  /** How many of them somebody may hold at the same time on overlapping scopes; fewer than there are. */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MAX_MEMBERS - 1)
  atMost?: number;

  static toPatch({ name, description, kind, members, atMost }: UpdateConstraintDto): ConstraintPatch {
    return {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(kind === undefined ? {} : { kind }),
      ...(members === undefined ? {} : { members: asStored(members) }),
      ...(atMost === undefined ? {} : { atMost }),
    };
  }
}

/** Ids of roles are compared with those of rows, which are in small letters, as names of permissions are. */
function asStored(members: readonly string[]): string[] {
  return [...new Set(members.map((member) => member.toLowerCase()))];
}
