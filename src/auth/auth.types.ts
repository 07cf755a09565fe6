import type { Permission } from '../access/permissions.js';

/** A session as its owner sees it. */
export interface SessionSummary {
  id: string;
  userId: string;
  /** OAuth client id. */
  clientId: string;
  sourceAddress: string | null;
  userAgent: string | null;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
}

/** A session as it is known when it ends: nobody needs to know then from where it came. */
export type EndedSession = Omit<SessionSummary, 'sourceAddress' | 'userAgent'>;

/** What became of somebody at Entra ID that ends what they have here. */
export type EntraLoss = 'entra_deleted' | 'entra_disabled' | 'entra_sessions_revoked';

/** Why a session ended; stored and audited. */
export type SessionEnd =
  | 'signed_out'
  | 'ended_by_owner'
  | 'ended_by_administrator'
  | 'signed_out_at_entra'
  | EntraLoss
  | 'replaced_by_new_sign_in'
  | 'refresh_token_reused'
  | 'token_revoked'
  | 'user_changed';

/** Of what refresh and sign-in hand to a client. The refresh token leaves in a cookie or a body, never both. */
export interface IssuedTokens {
  accessToken: string;
  expiresInSeconds: number;
  refreshToken: string;
  /** What the access token is narrowed to; null: everything that the account may do. */
  scopes: readonly Permission[] | null;
  /** DPoP when it is bound to the sender's key (RFC 9449 5). */
  tokenType: 'Bearer' | 'DPoP';
}
