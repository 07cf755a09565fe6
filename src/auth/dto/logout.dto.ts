import { IsBoolean, IsString, MaxLength, MinLength } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

/** Which session to end, and whether the one at Entra ID ends with it. */
export class LogoutRequestDto {
  /** Unless it comes in the session cookie, or an access token comes in the Authorization header. */
  @MayBeAbsent()
  @IsString()
  @MinLength(1)
  @MaxLength(512)
  refreshToken?: string;

  /** True: the answer says where the browser signs out of Entra ID as well. */
  @MayBeAbsent()
  @IsBoolean()
  endEntraSession?: boolean;

  /** Where Entra ID sends the browser afterwards: a path of this service; `/` when absent. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(1024)
  returnTo?: string;
}

/** A notice that a session at Entra ID has ended. */
export class LogoutTokenDto {
  /** A JWT of OpenID Connect Back-Channel Logout 1.0, 2.4. */
  logout_token: string;
}

/** Where to go on after signing out here. */
export class LogoutDto {
  /** Entra ID's page that ends the session there; null when Entra ID has none or doesn't say now. The session here has ended. */
  location: string | null;
  /** After so many milliseconds every instance refuses the access tokens of the session. */
  deadWithinMs: number;
}
