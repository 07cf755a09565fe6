import { IsString, MaxLength, MinLength } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

/** Where to go after signing in, and whom to offer first. */
export class LoginQueryDto {
  /** A path of this service; `/` when absent. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(1024)
  returnTo?: string;

  /** Passed on to Entra ID as `login_hint`. */
  @MayBeAbsent()
  @IsString()
  @MinLength(1)
  @MaxLength(320)
  loginHint?: string;
}

/** A refresh token, unless it comes in the session cookie. */
export class RefreshDto {
  @MayBeAbsent()
  @IsString()
  @MinLength(1)
  @MaxLength(512)
  refreshToken?: string;
}

/** An access token and how long it is good for. */
export class TokensDto {
  accessToken: string;
  tokenType: string;
  /** Seconds. */
  expiresIn: number;
  /** The next refresh token; absent when it is in the session cookie. */
  refreshToken?: string;
}
