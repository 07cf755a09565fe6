import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Answer, type AuthStage, Browser } from './auth-stage.js';

export interface Program {
  id: string;
  secret: string;
  credentialId: string;
}

/** A service account of the person, with a secret and the roles, as rows: for tests of what it may then do. */
export async function makeProgram(
  stage: AuthStage,
  owner: { objectId: string },
  options: { roles?: string[]; dpopRequired?: boolean } = {},
): Promise<Program> {
  const [id, credentialId] = [randomUUID(), randomUUID()];
  const secret = `bxs_${randomBytes(32).toString('base64url')}`;
  await stage.sql(
    `INSERT INTO service_accounts (id, tenant_id, name, owner_user_id, dpop_required)
     SELECT $1, u.tenant_id, $2, u.id, $3 FROM users u WHERE u.object_id = $4`,
    [id, `program ${id}`, options.dpopRequired ?? false, owner.objectId],
  );
  await stage.sql(
    `INSERT INTO service_account_credentials (id, service_account_id, kind, secret_hash, expires_at)
     VALUES ($1, $2, 'secret', $3, now() + interval '90 days')`,
    [credentialId, id, createHash('sha256').update(secret).digest()],
  );
  for (const role of options.roles ?? []) {
    await stage.sql(
      `INSERT INTO role_assignments (id, service_account_id, role_id, scope, effect, valid_from, reason, assigned_by_type, assigned_by_id)
       SELECT $1, $2, r.id, '/', 'allow', now(), 'a test', 'system', 'test' FROM roles r WHERE r.name = $3`,
      [randomUUID(), id, role],
    );
  }
  return { id, secret, credentialId };
}

export function basic({ id, secret }: Program): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

/** POST of a form to one of the OAuth endpoints, or of a logout token. */
export function postForm(
  serviceUrl: string,
  endpoint: 'token' | 'introspect' | 'revoke' | 'backchannel-logout',
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Browser(serviceUrl).request(`/api/v1/auth/${endpoint}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  });
}
