import type { Actor } from '../../src/access/actor.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { ANONYMOUS, type AuditEntry } from '../../src/audit/audit.types.js';
import { newId } from '../../src/kernel/ids/ids.js';
import { type AuthStage, startAuthStage } from '../auth/auth-stage.js';

export interface ReadEvent {
  id: string;
  action: string;
  occurredAt: string;
  tenantId: string | null;
  leafIndex: number | null;
  leafHash: string | null;
  target: { type: string; id: string; displayName: string | null } | null;
  actor: { id: string | null; type: string };
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  outcome: string;
  reason: string | null;
}
export interface EventPage {
  items: ReadEvent[];
  nextCursor: string | null;
}

/** The service, an administrator, and two tenants whose trails are read. */
export class ReadingStage {
  private constructor(
    readonly stage: AuthStage,
    readonly token: string,
    /** tenants.id of the demo tenant. */
    readonly tenantA: string,
    /** Another tenant's, of which there are only records. */
    readonly tenantB: string,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<ReadingStage> {
    const stage = await startAuthStage(env);
    const token = await stage.browser().accessToken(stage.tenant.administrator.userPrincipalName);
    const { body } = await stage.browser().call('GET', '/tenants', token);
    const [first] = body['items'] as { id: string }[];
    return new ReadingStage(stage, token, String(first?.id), newId());
  }

  close(): Promise<void> {
    return this.stage.close();
  }

  get audit(): AuditService {
    return this.stage.service.app.get(AuditService, { strict: false });
  }

  /** One record more in the trail. */
  async append(entry: Partial<AuditEntry> = {}, actor: Actor | typeof ANONYMOUS = ANONYMOUS): Promise<void> {
    await this.audit.recordAlone(actor, {
      action: 'users.user.updated',
      tenantId: null,
      target: { type: 'user', id: newId() },
      outcome: 'success',
      ...entry,
    });
  }

  fetch(path: string, token = this.token, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.stage.service.url}/api/v1${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    });
  }

  async page(query: string, token = this.token): Promise<EventPage> {
    const answer = await this.fetch(`/audit/events?${query}`, token);
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    return (await answer.json()) as EventPage;
  }

  async text(path: string, token = this.token): Promise<string> {
    const answer = await this.fetch(path, token);
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.text();
  }

  async json<T>(path: string, token = this.token): Promise<T> {
    return JSON.parse(await this.text(path, token)) as T;
  }

  /** A person who holds the role on one scope only; returns their token. */
  async tokenOn(person: number, role: string, scope: string, effect = 'allow'): Promise<string> {
    const token = await this.stage.browser().accessToken(this.stage.person(person).upn);
    const { body } = await this.stage.browser().call('GET', '/users/me', token);
    await this.assign(String(body['id']), role, scope, effect);
    return token;
  }

  async assign(subject: string, roleName: string, scope: string, effect = 'allow'): Promise<void> {
    const { body } = await this.stage.browser().call('GET', '/rbac/roles?limit=100', this.token);
    const role = (body['items'] as { id: string; name: string }[]).find(({ name }) => name === roleName);
    const given = { subject, role: role?.id, scope, effect, reason: 'a test' };
    const answer = await this.stage.browser().call('POST', '/rbac/assignments', this.token, given);
    if (answer.status !== 201) throw new Error(`no assignment: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
}
