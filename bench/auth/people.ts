import type { DemoTenant } from '../../demo/demo-tenant.js';

export interface Person {
  objectId: string;
  /** The newest refresh token of the person's session. */
  refreshToken: string;
}

interface Account {
  id: string;
  objectId: string;
}

const AT_ONCE = 8;
const SESSION_COOKIE = '__Host-blindspotx-session';
const PAGE = 100;

/** People of the demo tenant who sign in to our service as they would anywhere: by redirects, with a cookie at the end. */
export class People {
  constructor(
    private readonly url: string,
    /** What the service believes its address to be. */
    private readonly publicUrl: string,
    private readonly tenant: DemoTenant,
  ) {}

  /** Signs in that many different people, each with a session of their own. */
  signIn(count: number): Promise<Person[]> {
    const { users } = this.tenant.state.collections;
    const able = this.tenant.cast.memberIds
      .map((objectId) => ({ objectId, user: users.get(objectId) }))
      .filter(({ user }) => user !== undefined && user['accountEnabled'] !== false)
      .slice(0, count);
    if (able.length < count) throw new Error(`the demo tenant has only ${able.length} people who can sign in`);
    return inBatches(able, async ({ objectId, user }) => ({
      objectId,
      refreshToken: await this.signInAs(String(user?.['userPrincipalName'])),
    }));
  }

  /** An access token for each, by refresh; their sessions go on with the next refresh token. */
  accessTokens(people: Person[]): Promise<string[]> {
    return inBatches(people, (person) => this.accessToken(person));
  }

  /** The bootstrap administrator gives everybody who has signed in a role. */
  async assignEverybody(roleName: string): Promise<void> {
    const { objectId, userPrincipalName } = this.tenant.administrator;
    const refreshToken = await this.signInAs(userPrincipalName);
    const token = await this.accessToken({ objectId, refreshToken });
    const roles = await this.call<{ items: { id: string; name: string }[] }>('GET', '/rbac/roles', token);
    const role = roles.items.find(({ name }) => name === roleName);
    if (role === undefined) throw new Error(`there is no role ${roleName}`);
    const others = (await this.accounts(token)).filter((account) => account.objectId !== objectId);
    await inBatches(others, ({ id: subject }) =>
      this.call('POST', '/rbac/assignments', token, { subject, role: role.id, reason: 'benchmark' }),
    );
  }

  private async accounts(token: string): Promise<Account[]> {
    const all: Account[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path: string = `/users?limit=${PAGE}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const page: { items: Account[]; nextCursor: string | null } = await this.call('GET', path, token);
      all.push(...page.items);
      cursor = page.nextCursor;
    }
    return all;
  }

  /** @returns the first refresh token */
  private async signInAs(userPrincipalName: string): Promise<string> {
    const login = await fetch(`${this.url}/api/v1/auth/login?loginHint=${encodeURIComponent(userPrincipalName)}`, {
      redirect: 'manual',
    });
    const cookie = login.headers.getSetCookie().map((line) => line.split(';', 1)[0]);
    const page = await fetch(locationOf(login), { redirect: 'manual' });
    const callback = locationOf(page).replace(this.publicUrl, this.url);
    const end = await fetch(callback, { redirect: 'manual', headers: { cookie: cookie.join('; ') } });
    const session = end.headers.getSetCookie().find((line) => line.startsWith(`${SESSION_COOKIE}=`));
    if (session === undefined) throw new Error(`nobody was signed in: ${end.status} ${await end.text()}`);
    return session.slice(SESSION_COOKIE.length + 1).split(';', 1)[0] ?? '';
  }

  private async accessToken(person: Person): Promise<string> {
    const answer = await this.call<{ accessToken: string; refreshToken: string }>('POST', '/auth/refresh', null, {
      refreshToken: person.refreshToken,
    });
    person.refreshToken = answer.refreshToken;
    return answer.accessToken;
  }

  private async call<T>(method: string, path: string, token: string | null, body?: object): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text) as T;
  }
}

function locationOf(answer: Response): string {
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`sign-in stopped at ${new URL(answer.url).pathname}: ${answer.status}`);
  return location;
}

async function inBatches<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}
