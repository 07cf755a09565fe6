import { IsString, IsUUID, Matches, MaxLength, MinLength } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

/** Where to go after signing in, whom to offer first, and where they are at home. */
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

  /** Entra's id of the tenant to sign in at, one whose people may sign in here; ENTRA_TENANT_ID when absent. */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;

  /** Thumbprint (RFC 7638) of the key that the session is bound to from the start (RFC 9449 10); absent: unbound. */
  @MayBeAbsent()
  @Matches(/^[\w-]{43}$/)
  dpopJkt?: string;
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
