/** A session as its owner sees it. */
export interface SessionSummary {
  id: string;
  userId: string;
  sourceAddress: string | null;
  userAgent: string | null;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
}

/** What a check of a session reads. */
export interface SessionStanding {
  id: string;
  userId: string;
  securityStamp: number;
  /** Neither ended nor past its absolute or idle end, by the database's clock. */
  alive: boolean;
}

/** Why a session ended; stored and audited. */
export type SessionEnd =
  | 'signed_out'
  | 'ended_by_owner'
  | 'signed_out_at_entra'
  | 'replaced_by_new_sign_in'
  | 'refresh_token_reused'
  | 'user_changed';

/** Of what refresh and sign-in hand to a client. The refresh token leaves in a cookie or a body, never both. */
export interface IssuedTokens {
  accessToken: string;
  expiresInSeconds: number;
  refreshToken: string;
}
