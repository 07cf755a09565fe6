import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AccessDecisions } from '../../../src/rbac/decisions/access-decisions.service.js';
import { type AuthStage, Browser, startAuthStage } from '../../auth/auth-stage.js';
import { basic, makeProgram, type Program, postForm } from '../../auth/programs.js';

type Holder = 'user_id' | 'service_account_id' | 'group_id';

/** A role on a scope for a time; times are intervals of PostgreSQL, from now. */
export interface Grant {
  /** roles.id */
  role: string;
  scope?: string;
  effect?: 'allow' | 'deny';
  from?: string;
  until?: string;
}

export interface MatrixPerson {
  id: string;
  /** Of Entra ID, for this API. */
  token: string;
}

/** How long rows that were written past the API may take until they are felt; promised is a second. */
const FELT_WITHIN_MS = 20_000;

/** One service for all callers, and callers made as rows: how they are made through the API is tested elsewhere. */
export class MatrixStage {
  private constructor(
    readonly auth: AuthStage,
    /** tenants.id */
    readonly tenantId: string,
  ) {}

  static async start(env: Record<string, string>): Promise<MatrixStage> {
    const auth = await startAuthStage({
      RATE_LIMIT_FAILURES_PER_MINUTE: '0',
      RATE_LIMIT_TOKENS_PER_MINUTE: '0',
      RATE_LIMIT_SIGN_INS_PER_MINUTE: '0',
      // A line for each of tens of thousands of requests, which nobody reads.
      LOG_LEVEL: 'error',
      ...env,
    });
    const [tenant] = await auth.sql<{ id: string }>('SELECT id FROM tenants');
    if (tenant === undefined) throw new Error('the service has no tenant');
    return new MatrixStage(auth, tenant.id);
  }

  get url(): string {
    return this.auth.service.url;
  }

  close(): Promise<void> {
    return this.auth.close();
  }

  /** A session of the person with this number: the access token. */
  signIn(number: number): Promise<string> {
    return this.auth.browser().accessToken(this.auth.person(number).upn);
  }

  /** @returns roles.id */
  async role(permissions: Iterable<string>, parents: string[] = []): Promise<string> {
    const id = randomUUID();
    await this.auth.sql(
      `WITH role AS (INSERT INTO roles (id, name, description) VALUES ($1, $2, 'a test') RETURNING id),
            held AS (INSERT INTO role_permissions SELECT id, unnest($3::text[]) FROM role)
       INSERT INTO role_parents (role_id, parent_role_id) SELECT id, unnest($4::uuid[]) FROM role`,
      [id, `role ${id}`, [...permissions], parents],
    );
    return id;
  }

  async grant(holder: Holder, id: string, { role, scope = '/', effect = 'allow', from, until }: Grant): Promise<void> {
    await this.auth.sql(
      `INSERT INTO role_assignments (id, ${holder}, role_id, scope, effect, valid_from, valid_until, reason, assigned_by_type, assigned_by_id)
       VALUES (gen_random_uuid(), $1, $2, $3, $4, now() + $5::interval, now() + $6::interval, 'a test', 'system', 'test')`,
      [id, role, scope, effect, from ?? '0', until ?? null],
    );
  }

  /** @param ownerObjectId object id of a user; else one that all of them share */
  async program(grants: Grant[], ownerObjectId?: string): Promise<Program> {
    const program = await makeProgram(this.auth, { objectId: ownerObjectId ?? this.auth.person(9).objectId });
    for (const grant of grants) await this.grant('service_account_id', program.id, grant);
    return program;
  }

  /** A token of client credentials. @param scope what it is narrowed to */
  async tokenOf(program: Program, scope?: string, headers: Record<string, string> = {}): Promise<string> {
    const form = { grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) };
    const { status, body } = await postForm(this.url, 'token', form, { ...basic(program), ...headers });
    if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
    return String(body['access_token']);
  }

  /** A token for SCIM of the program. */
  async scimToken(program: Program, until = '90 days'): Promise<string> {
    const token = `bxscim_${randomBytes(32).toString('base64url')}`;
    await this.auth.sql(
      `INSERT INTO service_account_credentials (id, service_account_id, kind, secret_hash, created_at, expires_at)
       VALUES (gen_random_uuid(), $1, 'scim_token', $2, now() - interval '1 year', now() + $3::interval)`,
      [program.id, createHash('sha256').update(token).digest(), until],
    );
    return token;
  }

  /** Somebody of the tenant whom only this database knows, with a token of Entra ID. */
  async person(grants: Grant[] = [], tenantId = this.tenantId): Promise<MatrixPerson & { objectId: string }> {
    const [id, objectId] = [randomUUID(), randomUUID()];
    await this.auth.sql('INSERT INTO users (id, tenant_id, object_id, display_name) VALUES ($1, $2, $3, $4)', [
      id,
      tenantId,
      objectId,
      `person ${id}`,
    ]);
    for (const grant of grants) await this.grant('user_id', id, grant);
    const { tenant } = this.auth;
    const claims = { oid: objectId, sub: objectId, sid: randomUUID() };
    return { id, objectId, token: tenant.mintToken({ kind: 'api', objectId: tenant.administrator.objectId, claims }) };
  }

  /** @returns groups.id */
  async group(member: { id: string } | { objectId: string }, grants: Grant[]): Promise<string> {
    const id = randomUUID();
    const isEntras = !('id' in member);
    await this.auth.sql(
      'INSERT INTO groups (id, tenant_id, source, object_id, display_name) VALUES ($1, $2, $3, $4, $5)',
      [id, this.tenantId, isEntras ? 'entra' : 'scim', isEntras ? randomUUID() : null, `group ${id}`],
    );
    await this.auth.sql('INSERT INTO group_members (group_id, user_id, object_id) VALUES ($1, $2, $3)', [
      id,
      isEntras ? null : member.id,
      isEntras ? member.objectId : null,
    ]);
    for (const grant of grants) await this.grant('group_id', id, grant);
    return id;
  }

  /** @returns eligible_assignments.id */
  async eligible(userId: string, role: string): Promise<string> {
    const id = randomUUID();
    await this.auth.sql(
      `INSERT INTO eligible_assignments (id, user_id, role_id, scope, reason, assigned_by_type, assigned_by_id)
       VALUES ($1, $2, $3, '/', 'a test', 'system', 'test')`,
      [id, userId, role],
    );
    return id;
  }

  async activate({ token }: MatrixPerson, eligibleAssignment: string): Promise<string> {
    const body = { eligibleAssignment, reason: 'a test' };
    const answer = await this.auth.browser().call('POST', '/rbac/activations', token, body);
    if (answer.status !== 201) throw new Error(`not activated: ${JSON.stringify(answer.body)}`);
    return String(answer.body['id']);
  }

  /** Of a GET. @param path whole */
  async status(token: string, path: string): Promise<number> {
    return (await new Browser(this.url).request(path, { headers: { authorization: `Bearer ${token}` } })).status;
  }

  /** Until the instance decides by every row that was written. */
  async decidesByAll(): Promise<void> {
    const decisions = this.auth.service.app.get(AccessDecisions, { strict: false });
    await until(async () => {
      const [state] = await this.auth.sql<{ revision: string }>('SELECT revision FROM access_state');
      return (await decisions.revision()) >= Number(state?.revision);
    });
  }
}

/** @throws Error when it isn't so in time */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + FELT_WITHIN_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('rows that were written past the API are not felt');
    await sleep(25);
  }
}
