import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Answer, type AuthStage, Browser, startAuthStage } from '../auth/auth-stage.js';
import { basic, makeProgram, type Program, postForm } from '../auth/programs.js';
import { scimContractOf } from './scim-contract.js';

export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** A token for SCIM of the program, as a row. */
export async function makeScimToken(stage: AuthStage, program: Program, expires = '90 days'): Promise<string> {
  const token = `bxscim_${randomBytes(32).toString('base64url')}`;
  await stage.sql(
    `INSERT INTO service_account_credentials (id, service_account_id, kind, secret_hash, created_at, expires_at)
     VALUES ($1, $2, 'scim_token', $3, now() - interval '2 years', now() + $4::interval)`,
    [randomUUID(), program.id, createHash('sha256').update(token).digest(), expires],
  );
  return token;
}

/** The service with a program that provisions, as Entra's provisioning service calls it. */
export class ScimStage {
  private constructor(
    readonly stage: AuthStage,
    readonly program: Program,
    readonly token: string,
    readonly administratorToken: string,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<ScimStage> {
    const stage = await startAuthStage({ RATE_LIMIT_FAILURES_PER_MINUTE: '0', ...env });
    const { administrator } = stage.tenant;
    const administratorToken = await stage.browser().accessToken(administrator.userPrincipalName);
    const program = await makeProgram(stage, administrator, { roles: ['provisioning'] });
    return new ScimStage(stage, program, await makeScimToken(stage, program), administratorToken);
  }

  /** Another program of the same service, of the tenant of its owner, by its own token for SCIM. */
  async asProgramOf(owner: { objectId: string }, roles = ['provisioning']): Promise<ScimStage> {
    const program = await makeProgram(this.stage, owner, { roles });
    return new ScimStage(this.stage, program, await makeScimToken(this.stage, program), this.administratorToken);
  }

  /** A program that provisions another tenant of the same service. */
  async ofAnotherTenant(): Promise<ScimStage> {
    const [tenantId, objectId] = [randomUUID(), randomUUID()];
    await this.stage.sql(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $2, 'another', true, false, 3600)`,
      [tenantId, randomUUID()],
    );
    await this.stage.sql(
      `INSERT INTO users (id, tenant_id, object_id, user_principal_name, display_name, status, security_stamp, version)
       VALUES ($1, $2, $3, 'owner@another.example', 'Owner', 'active', 1, 1)`,
      [randomUUID(), tenantId, objectId],
    );
    return this.asProgramOf({ objectId });
  }

  /** The same program by another token. */
  by(token: string): ScimStage {
    return new ScimStage(this.stage, this.program, token, this.administratorToken);
  }

  /** Every answer is compared with the OpenAPI description. @param body text is sent as it is */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await new Browser(this.stage.service.url).request(`/scim/v2${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/scim+json; charset=utf-8' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    scimContractOf(this.stage.service.app).assertKept(method, path, body, answer);
    return answer;
  }

  find(resourceType: 'Users' | 'Groups', filter: string): Promise<Answer> {
    return this.call('GET', `/${resourceType}?filter=${encodeURIComponent(filter)}`);
  }

  patch(path: string, ...operations: unknown[]): Promise<Answer> {
    return this.call('PATCH', path, { schemas: [PATCH_OP], Operations: operations });
  }

  async person(userName: string, more: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.call('POST', '/Users', { schemas: [USER], userName, active: true, ...more });
    if (answer.status !== 201) throw new Error(`not provisioned: ${JSON.stringify(answer.body)}`);
    return String(answer.body['id']);
  }

  async group(displayName: string, members: string[] = []): Promise<string> {
    const body = { schemas: [GROUP], displayName, members: members.map((value) => ({ value })) };
    const answer = await this.call('POST', '/Groups', body);
    if (answer.status !== 201) throw new Error(`not provisioned: ${JSON.stringify(answer.body)}`);
    return String(answer.body['id']);
  }

  async accessToken(): Promise<string> {
    const form = { grant_type: 'client_credentials' };
    return String((await postForm(this.stage.service.url, 'token', form, basic(this.program))).body['access_token']);
  }

  close(): Promise<void> {
    return this.stage.close();
  }
}
