import type { Adapter, AdapterPayload } from 'oidc-provider';
import pg from 'pg';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS oidc_peer_payloads (
    model text NOT NULL, id text NOT NULL, payload jsonb NOT NULL, grant_id text, uid text, user_code text,
    expires_at timestamptz, PRIMARY KEY (model, id));
  CREATE INDEX IF NOT EXISTS ix_oidc_peer_grant ON oidc_peer_payloads (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ix_oidc_peer_uid ON oidc_peer_payloads (uid) WHERE uid IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ix_oidc_peer_code ON oidc_peer_payloads (user_code) WHERE user_code IS NOT NULL`;

const UPSERT = {
  name: 'oidc_upsert',
  text: `INSERT INTO oidc_peer_payloads (model, id, payload, grant_id, uid, user_code, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
         ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
                user_code = excluded.user_code, expires_at = excluded.expires_at`,
};
const CONSUME = {
  name: 'oidc_consume',
  text: `UPDATE oidc_peer_payloads
            SET payload = jsonb_set(payload, '{consumed}', to_jsonb(floor(extract(epoch FROM now()))::bigint))
          WHERE model = $1 AND id = $2`,
};
const DESTROY = { name: 'oidc_destroy', text: 'DELETE FROM oidc_peer_payloads WHERE model = $1 AND id = $2' };
const REVOKE = { name: 'oidc_revoke', text: 'DELETE FROM oidc_peer_payloads WHERE grant_id = $1' };

type Key = 'id' | 'uid' | 'user_code';

/** A PostgreSQL adapter as oidc-provider's documentation asks for one: prepared statements, one row a payload. */
export async function openPayloadStore(
  databaseUrl: string,
  connections: number,
): Promise<new (model: string) => Adapter> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
  await pool.query(SCHEMA);

  return class PostgresAdapter implements Adapter {
    constructor(private readonly model: string) {}

    async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
      const { grantId, uid, userCode } = payload;
      await pool.query({ ...UPSERT, values: [this.model, id, payload, grantId, uid, userCode, expiresIn ?? null] });
    }

    find(id: string): Promise<AdapterPayload | undefined> {
      return this.findBy('id', id);
    }

    findByUid(uid: string): Promise<AdapterPayload | undefined> {
      return this.findBy('uid', uid);
    }

    findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
      return this.findBy('user_code', userCode);
    }

    async consume(id: string): Promise<void> {
      await pool.query({ ...CONSUME, values: [this.model, id] });
    }

    async destroy(id: string): Promise<void> {
      await pool.query({ ...DESTROY, values: [this.model, id] });
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      await pool.query({ ...REVOKE, values: [grantId] });
    }

    private async findBy(key: Key, value: string): Promise<AdapterPayload | undefined> {
      const { rows } = await pool.query<{ payload: AdapterPayload }>({
        name: `oidc_find_by_${key}`,
        text: `SELECT payload FROM oidc_peer_payloads
                WHERE model = $1 AND ${key} = $2 AND (expires_at IS NULL OR expires_at > now())`,
        values: [this.model, value],
      });
      return rows[0]?.payload;
    }
  };
}
