import type { DemoTenantOptions } from '../../demo/demo-tenant.js';
import { type Answer, type AuthStage, Browser, startAuthStage } from '../auth/auth-stage.js';

export interface Person {
  id: string;
  token: string;
}

/** The service with an administrator, and roles, people and assignments made through the API. */
export class RbacStage {
  private constructor(
    readonly stage: AuthStage,
    readonly administrator: Person,
  ) {}

  static async start(env: Record<string, string> = {}, tenant: DemoTenantOptions = {}): Promise<RbacStage> {
    const stage = await startAuthStage({ RATE_LIMIT_SIGN_INS_PER_MINUTE: '0', ...env }, tenant);
    return new RbacStage(stage, await signedIn(stage, stage.tenant.administrator.userPrincipalName));
  }

  close(): Promise<void> {
    return this.stage.close();
  }

  call(token: string, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return new Browser(this.stage.service.url).call(method, path, token, body, headers);
  }

  admin(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.call(this.administrator.token, method, path, body, headers);
  }

  /** One of the ordinary people of the tenant, signed in; the same number is the same person. */
  person(number: number): Promise<Person> {
    return signedIn(this.stage, this.stage.person(number).upn);
  }

  /** Makes a role through the API; it must succeed. @returns roles.id */
  async role(name: string, content: { permissions?: string[]; parents?: string[] } = {}): Promise<string> {
    const answer = await this.admin('POST', '/rbac/roles', { name, ...content });
    if (answer.status !== 201) throw new Error(`no role ${name}: ${JSON.stringify(answer.body)}`);
    return String(answer.body['id']);
  }

  /** @returns roles.id */
  async roleNamed(name: string): Promise<string> {
    const [role] = await this.stage.sql<{ id: string }>('SELECT id FROM roles WHERE name = $1', [name]);
    if (role === undefined) throw new Error(`no role ${name}`);
    return role.id;
  }

  assign(token: string, subject: string, role: string, more: Record<string, unknown> = {}): Promise<Answer> {
    return this.call(token, 'POST', '/rbac/assignments', { subject, role, reason: 'a test', ...more });
  }

  /** Assigns as the administrator; it must succeed. @returns role_assignments.id */
  async given(subject: string, role: string, more: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.assign(this.administrator.token, subject, role, more);
    if (answer.status !== 201) throw new Error(`not assigned: ${JSON.stringify(answer.body)}`);
    return String(answer.body['id']);
  }

  /** PATCH, PUT or DELETE with the ETag of what stands there now. */
  async change(token: string, method: string, path: string, body?: unknown): Promise<Answer> {
    const { headers } = await this.admin('GET', path);
    return this.call(token, method, path, body, { 'if-match': headers.get('etag') ?? '' });
  }

  /** A group with these members, as rows: whoever provisions groups is tested elsewhere. @returns groups.id */
  async group(name: string, members: string[]): Promise<string> {
    const [group] = await this.stage.sql<{ id: string }>(
      `INSERT INTO groups (id, tenant_id, source, display_name)
       SELECT gen_random_uuid(), tenant_id, 'scim', $1 FROM users WHERE id = $2 RETURNING id`,
      [name, this.administrator.id],
    );
    await this.stage.sql('INSERT INTO group_members (group_id, user_id) SELECT $1, unnest($2::uuid[])', [
      group?.id,
      members,
    ]);
    return String(group?.id);
  }

  audited(action: string): Promise<{ actor_id: string; target_id: string }[]> {
    return this.stage.sql('SELECT * FROM audit_events WHERE action = $1', [action]);
  }
}

async function signedIn(stage: AuthStage, upn: string): Promise<Person> {
  const token = await stage.browser().accessToken(upn);
  const { body } = await stage.browser().call('GET', '/users/me', token);
  return { id: String(body['id']), token };
}

/** Status and code. */
export function said({ status, body }: Answer): [number, unknown] {
  return [status, body['code']];
}

/** An instant so many hours from now. */
export function inHours(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString();
}
