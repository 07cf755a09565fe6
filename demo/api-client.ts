/** A browser's part of the sign-in and a program's calls, over plain HTTP: no part of the product is imported. */
export class ApiClient {
  private readonly cookies = new Map<string, string>();
  private accessToken: string | undefined;

  constructor(private readonly baseUrl: string) {}

  /**
   * Signs a person of the demo tenant in the way a browser does: /auth/login, the tenant's authorize page, /auth/callback,
   * each by redirect, with a cookie jar; then fetches an access token with the session's cookie.
   *
   * @throws Error naming the step that didn't answer as it should
   */
  async signIn(userPrincipalName: string): Promise<void> {
    let url = `${this.baseUrl}/api/v1/auth/login?loginHint=${encodeURIComponent(userPrincipalName)}`;
    for (let hop = 0; hop < 6; hop++) {
      const own = url.startsWith(this.baseUrl);
      const answer = await fetch(url, { redirect: 'manual', headers: own ? { cookie: this.cookieHeader() } : {} });
      if (own) this.keepCookies(answer);
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status >= 400 || location === null) {
        throw new Error(`sign-in stopped at ${new URL(url).pathname}: ${answer.status} ${await answer.text()}`);
      }
      url = new URL(location, url).href;
      if (own && new URL(url).pathname === '/') break;
    }
    const { accessToken } = await this.send<{ accessToken: string }>('POST', '/auth/refresh', undefined, {
      cookie: this.cookieHeader(),
      origin: new URL(this.baseUrl).origin,
      'sec-fetch-site': 'same-origin',
    });
    this.accessToken = accessToken;
  }

  get token(): string {
    if (this.accessToken === undefined) throw new Error('nobody has signed in yet');
    return this.accessToken;
  }

  get<T>(path: string): Promise<T> {
    return this.send<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>('POST', path, body);
  }

  private async send<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const answer = await fetch(`${this.baseUrl}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.accessToken === undefined ? {} : { authorization: `Bearer ${this.accessToken}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    this.keepCookies(answer);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  private keepCookies(answer: Response): void {
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const separator = pair.indexOf('=');
      const name = pair.slice(0, separator);
      if (/;\s*max-age=0/i.test(cookie) || /expires=Thu, 01 Jan 1970/i.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(separator + 1));
    }
  }

  private cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
