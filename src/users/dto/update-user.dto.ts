import { IsIn } from 'class-validator';

/** A patch of a user. */
export class UpdateUserDto {
  /** `disabled` ends all sessions of the user at once. */
  @IsIn(['active', 'disabled'])
  status: 'active' | 'disabled';
}
