import { type Answer, type AuthStage, Browser, startAuthStage } from '../auth/auth-stage.js';
import type { TestService } from '../support/test-service.js';
import type { SenderKey } from './sender-key.js';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';
export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** What is promised: dead on every instance within one second. */
export const PROMISED_MS = 1000;

export interface Program {
  id: string;
  secret: string;
  credentialId: string;
}

type Form = Record<string, string | undefined>;

/** Two instances on one database, an administrator, and programs made through the API as a customer would. */
export class ProgramStage {
  private names = 0;

  private constructor(
    readonly stage: AuthStage,
    readonly other: TestService,
    private readonly administratorToken: string,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<ProgramStage> {
    // An attacker of this suite fails more often than the limit of refused credentials allows; that has tests of its own.
    const stage = await startAuthStage({ RATE_LIMIT_FAILURES_PER_MINUTE: '0', ...env });
    const other = await stage.anotherInstance();
    const token = await stage.browser().accessToken(stage.tenant.administrator.userPrincipalName);
    return new ProgramStage(stage, other, token);
  }

  close(): Promise<void> {
    return this.stage.close();
  }

  /** As the administrator. */
  admin(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.stage.browser().call(method, path, this.administratorToken, body, headers);
  }

  /** A service account with a role, and a secret or a key. */
  async program(
    options: { role?: string; key?: SenderKey; owner?: string; dpopRequired?: boolean } = {},
  ): Promise<Program> {
    const { role, key, owner, dpopRequired } = options;
    const account = await this.admin('POST', '/service-accounts', {
      name: `program ${++this.names}`,
      description: 'a test',
      ...(owner === undefined ? {} : { owner }),
      ...(dpopRequired === undefined ? {} : { dpopRequired }),
    });
    if (account.status !== 201) throw new Error(`no service account: ${JSON.stringify(account.body)}`);
    const id = String(account.body['id']);
    if (role !== undefined) await this.assign(id, role);
    const credential = await this.admin('POST', `/service-accounts/${id}/credentials`, {
      kind: key === undefined ? 'secret' : 'public_key',
      ...(key === undefined ? {} : { publicJwk: key.jwk }),
    });
    if (credential.status !== 201) throw new Error(`no credential: ${JSON.stringify(credential.body)}`);
    return { id, secret: String(credential.body['secret']), credentialId: String(credential.body['id']) };
  }

  async assign(subject: string, roleName: string): Promise<void> {
    const { body } = await this.admin('GET', '/rbac/roles?limit=100');
    const role = (body['items'] as { id: string; name: string }[]).find(({ name }) => name === roleName);
    const answer = await this.admin('POST', '/rbac/assignments', { subject, role: role?.id, reason: 'a test' });
    if (answer.status !== 201) throw new Error(`no assignment: ${JSON.stringify(answer.body)}`);
  }

  /** A form to one of the OAuth endpoints: `token`, `introspect`, `revoke`. */
  form(
    endpoint: string,
    form: Form,
    headers: Record<string, string> = {},
    service = this.stage.service,
  ): Promise<Answer> {
    const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return new Browser(service.url).request(`/api/v1/auth/${endpoint}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(given).toString(),
    });
  }

  clientCredentials({ id, secret }: Program, more: Form = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.form(
      'token',
      { grant_type: 'client_credentials', client_id: id, client_secret: secret, ...more },
      headers,
    );
  }

  byAssertion(clientAssertion: string, more: Form = {}): Promise<Answer> {
    const assertion = { client_assertion_type: ASSERTION_TYPE, client_assertion: clientAssertion };
    return this.form('token', { grant_type: 'client_credentials', ...assertion, ...more });
  }

  /** @param client the own sign-in, unless another is given */
  refresh(refreshToken: string, proof?: string, client: Form = { client_id: 'blindspotx' }): Promise<Answer> {
    const headers: Record<string, string> = proof === undefined ? {} : { dpop: proof };
    return this.form('token', { grant_type: 'refresh_token', refresh_token: refreshToken, ...client }, headers);
  }

  exchange(subjectToken: string, more: Form = {}): Promise<Answer> {
    const subject = { subject_token: subjectToken, subject_token_type: ACCESS_TOKEN_TYPE };
    return this.form('token', { grant_type: EXCHANGE, client_id: 'blindspotx', ...subject, ...more });
  }

  /** The access token of a program; the request must succeed. */
  async accessToken(program: Program, more: Form = {}, headers: Record<string, string> = {}): Promise<string> {
    return accessTokenOf(await this.clientCredentials(program, more, headers));
  }

  /** Signs a person in and returns the first refresh token. */
  async refreshToken(person: number): Promise<string> {
    const browser = this.stage.browser();
    await browser.signIn(this.stage.person(person).upn);
    return browser.cookies.get('blindspotx-session') ?? '';
  }

  /** Signs a person in for the first time; returns users.id. */
  async userId(person: number): Promise<string> {
    const token = await this.stage.browser().accessToken(this.stage.person(person).upn);
    return String((await this.stage.browser().call('GET', '/users/me', token)).body['id']);
  }

  /** A call of the API with whatever headers, on either instance. */
  async get(path: string, headers: Record<string, string>, service = this.stage.service): Promise<Answer> {
    return new Browser(service.url).request(`/api/v1${path}`, { headers });
  }

  /** Statuses of a bearer call on both instances. */
  async onBoth(token: string, path = '/tenants'): Promise<number[]> {
    const headers = { authorization: `Bearer ${token}` };
    return [(await this.get(path, headers)).status, (await this.get(path, headers, this.other)).status];
  }
}

export function accessTokenOf(answer: Answer): string {
  if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${JSON.stringify(answer.body)}`);
  return String(answer.body['access_token']);
}
