import { IsIn } from 'class-validator';

/** A patch of a user. */
export class UpdateUserDto {
  /** Either way every session and token of the user ends; `disabled` also disables their programs. */
  @IsIn(['active', 'disabled'])
  status: 'active' | 'disabled';
}
