/** How long things live. All of them are counted by the database's clock, except the access token's own `exp`. */
export const LIFETIME = {
  /** A session ends after this, used or not (ASVS 7.3.2). */
  sessionSeconds: 12 * 3600,
  /** It ends earlier when nobody refreshes it (ASVS 7.3.1). */
  idleSeconds: 2 * 3600,
  accessTokenSeconds: 600,
  /** From /auth/login to /auth/callback. */
  signInSeconds: 600,
  /** Within this the same successor is given again to whoever presents a used refresh token. */
  refreshGraceSeconds: 30,
} as const;

/** The only client there is so far: this service's own sign-in. */
export const OWN_CLIENT = 'blindspotx';
