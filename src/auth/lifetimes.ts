/** How long things live, by the database's clock. */
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

/** The public OAuth client: this service's own sign-in. Programs have the id of their service account. */
export const OWN_CLIENT = 'blindspotx';
