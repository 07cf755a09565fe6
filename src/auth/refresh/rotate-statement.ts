import type { PreparedStatement } from '../../database/prepared-statements.js';

/** What a rotation needs, in the order of the statement's parameters. */
export interface Rotation {
  /** SHA-256 of the presented token. */
  tokenHash: Buffer;
  /** refresh_tokens.id of the successor. */
  successorId: string;
  successorHash: Buffer;
  successorSealed: Buffer;
  /** Who presents it: OAuth client id and thumbprint of the sender's key, if it proved one. */
  clientId: string;
  dpopJkt: string | null;
  /** Names of the requested scope; null for all that the session has. */
  scope: readonly string[] | null;
  idleSeconds: number;
}

/** What an access token of the session needs. */
export interface RotatedSession {
  userId: string;
  sessionId: string;
  /** tenants.id of the user. */
  tenantId: string;
  displayName: string;
  scope: string | null;
  dpopJkt: string | null;
  /** Until the session's absolute end. */
  secondsLeft: number;
}

/**
 * A whole rotation in one statement, so that it costs one round trip and no lock is held across one: takes the token if it is
 * unused and everything behind it stands, by the database's clock and for this client and sender key only; puts the successor
 * in its place; moves the session's idle end on, never past the absolute one.
 *
 * Of any number of these at once exactly one takes the token: the others wait for the row, and READ COMMITTED has them look at
 * `used_at` again. A session that is ended meanwhile is looked at again in the same way, and then there is no successor.
 * An unbound session is bound to the key that its first refresh proves.
 */
export const ROTATE: PreparedStatement = {
  name: 'auth_rotate_refresh_token',
  text: `
    WITH taken AS (
      UPDATE refresh_tokens t SET used_at = clock_timestamp(), successor_id = $2, successor_sealed = $4
        FROM user_sessions s JOIN users u ON u.id = s.user_id JOIN tenants n ON n.id = u.tenant_id
       WHERE t.token_hash = $1 AND t.used_at IS NULL AND t.expires_at > clock_timestamp()
         AND s.id = t.session_id AND s.ended_at IS NULL AND least(s.expires_at, s.idle_expires_at) > clock_timestamp()
         AND s.client_id = $5
         AND (s.dpop_jkt IS NOT DISTINCT FROM $6 OR (s.dpop_jkt IS NULL AND t.generation = 0))
         AND ($7::text[] IS NULL OR s.scope IS NULL OR $7 <@ string_to_array(s.scope, ' '))
         AND u.status = 'active' AND u.security_stamp = s.security_stamp AND n.sign_in_allowed
      RETURNING t.session_id, t.family_id, t.generation, u.tenant_id, u.display_name
    ), touched AS (
      UPDATE user_sessions s SET last_seen_at = clock_timestamp(), dpop_jkt = coalesce(s.dpop_jkt, $6),
             idle_expires_at = least(s.expires_at, clock_timestamp() + make_interval(secs => $8))
        FROM taken k
       WHERE s.id = k.session_id AND s.ended_at IS NULL
      RETURNING s.id, s.user_id, s.scope, s.dpop_jkt, s.expires_at, k.family_id, k.generation,
                k.tenant_id, k.display_name
    ), successor AS (
      INSERT INTO refresh_tokens (id, session_id, family_id, token_hash, generation, expires_at)
      SELECT $2, c.id, c.family_id, $3, c.generation + 1,
             least(c.expires_at, clock_timestamp() + make_interval(secs => $8))
        FROM touched c
    )
    SELECT c.user_id AS "userId", c.id AS "sessionId", c.scope, c.dpop_jkt AS "dpopJkt",
           c.tenant_id AS "tenantId", c.display_name AS "displayName",
           extract(epoch FROM c.expires_at - clock_timestamp())::float8 AS "secondsLeft"
      FROM touched c`,
};

export function rotateParameters(rotation: Rotation): unknown[] {
  return [
    rotation.tokenHash,
    rotation.successorId,
    rotation.successorHash,
    rotation.successorSealed,
    rotation.clientId,
    rotation.dpopJkt,
    rotation.scope,
    rotation.idleSeconds,
  ];
}
