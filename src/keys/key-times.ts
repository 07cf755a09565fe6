/** How long a reader of our JWKS may keep it (Cache-Control of jwks.controller.ts). */
export const JWKS_MAX_AGE_SECONDS = 300;

/** How long another instance's rotation may go unnoticed here when it isn't pushed. */
export const REREAD_SECONDS = 60;

/** A key signs when everybody knows it: who reads the JWKS reads it at most so much later than its row was written. */
export const PUBLISHED_BEFORE_SIGNING_SECONDS = JWKS_MAX_AGE_SECONDS + REREAD_SECONDS;

/** Nothing that is signed lives longer. auth/lifetimes.ts is held to it by a test. */
export const LONGEST_TOKEN_SECONDS = 600;

/** For an instance that still signs with the key: it notices within REREAD_SECONDS, or asks before it signs. */
const RETIRING_MARGIN_SECONDS = 900;

/** From the end of signing to the end of verifying. */
export const RETIRING_SECONDS = LONGEST_TOKEN_SECONDS + RETIRING_MARGIN_SECONDS;

/** How long the key of checkpoints that was replaced signs beside its successor. */
export const CHECKPOINT_CO_SIGNING_DAYS = 7;

/**
 * How long a key must have been replaced before it may be erased, though nothing lies under it: what a process sealed just before it
 * slept, or before it heard of the rotation, has arrived in the database by then or never does.
 */
export const UNUSED_BEFORE_RETIRED_SECONDS = 3600;
