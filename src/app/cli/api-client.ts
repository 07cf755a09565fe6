import { CliError, type CliIo } from './cli-io.js';

/** The answers' items as the API sends them; commands read the few members that they print. */
export type ApiObject = Record<string, unknown>;

const TIMEOUT_MS = 30_000;

/** A running service at BLINDSPOTX_URL, called with BLINDSPOTX_TOKEN or as a service account. */
export class ApiClient {
  private token: string | null;

  constructor(
    private readonly base: URL,
    private readonly io: CliIo,
  ) {
    this.token = io.env['BLINDSPOTX_TOKEN'] ?? null;
  }

  /** @throws CliError when the environment names no service, or one that a token can't safely be sent to */
  static fromEnvironment(io: CliIo): ApiClient {
    const address = io.env['BLINDSPOTX_URL'];
    if (address === undefined || address === '') {
      throw new CliError(
        'BLINDSPOTX_URL is not set: it names the running service, such as https://blindspotx.example.com',
      );
    }
    if (!URL.canParse(address)) throw new CliError(`BLINDSPOTX_URL is no address: ${address}`);
    const base = new URL(address.endsWith('/') ? address : `${address}/`);
    const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(base.hostname);
    if (base.protocol !== 'https:' && !(base.protocol === 'http:' && loopback)) {
      throw new CliError(`BLINDSPOTX_URL must be https, because a token is sent there: ${address}`);
    }
    return new ApiClient(base, io);
  }

  async get(path: string, query: Record<string, string | undefined> = {}): Promise<ApiObject> {
    return await this.json('GET', this.address(path, query));
  }

  /** A document that isn't JSON. */
  async text(path: string, query: Record<string, string | undefined> = {}): Promise<string> {
    return await (await this.send('GET', this.address(path, query), undefined, TIMEOUT_MS)).text();
  }

  async post(path: string, body: ApiObject): Promise<ApiObject> {
    return await this.json('POST', this.address(path, {}), body);
  }

  /** A change of something that counts its versions: refused when it isn't any more at the version that was seen. */
  async postAt(path: string, body: ApiObject, version: number): Promise<ApiObject> {
    return await this.json('POST', this.address(path, {}), body, { 'if-match': `"${version}"` });
  }

  /** The items of a list, page after page, until `limit` of them. */
  async list(path: string, query: Record<string, string | undefined>, limit: number): Promise<ApiObject[]> {
    const items: ApiObject[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.get(path, { ...query, limit: String(Math.min(limit - items.length, 100)), cursor });
      const found = page['items'];
      if (!Array.isArray(found)) throw new CliError(`${path} answered without items`);
      items.push(...found.filter(isApiObject));
      cursor = typeof page['nextCursor'] === 'string' ? page['nextCursor'] : undefined;
    } while (cursor !== undefined && items.length < limit);
    return items;
  }

  /** The body of an answer as it arrives; not limited in time, because an export may be large. */
  async stream(path: string, query: Record<string, string | undefined> = {}): Promise<ReadableStream<Uint8Array>> {
    const response = await this.send('GET', this.address(path, query), undefined, null);
    if (response.body === null) throw new CliError(`${path} answered with nothing`);
    return response.body;
  }

  private address(path: string, query: Record<string, string | undefined>): URL {
    const url = new URL(`api/v1${path}`, this.base);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }

  private async json(
    method: string,
    url: URL,
    body?: ApiObject,
    headers: Record<string, string> = {},
  ): Promise<ApiObject> {
    const response = await this.send(method, url, body, TIMEOUT_MS, headers);
    if (response.status === 204) return {};
    const content: unknown = await response.json().catch(() => null);
    if (!isApiObject(content))
      throw new CliError(`${url.pathname} answered ${response.status} with something that isn't JSON`);
    return content;
  }

  private async send(
    method: string,
    url: URL,
    body: ApiObject | undefined,
    timeoutMs: number | null,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    this.token ??= await this.serviceAccountToken();
    const response = await this.call(url, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(timeoutMs === null ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
    });
    if (!response.ok) throw new CliError(await whatWentWrong(url, response));
    return response;
  }

  /** OAuth 2.0 client credentials (RFC 6749 4.4). */
  private async serviceAccountToken(): Promise<string> {
    const { BLINDSPOTX_CLIENT_ID: id, BLINDSPOTX_CLIENT_SECRET: secret } = this.io.env;
    if (id === undefined || secret === undefined) {
      throw new CliError('BLINDSPOTX_TOKEN is not set, nor are BLINDSPOTX_CLIENT_ID and BLINDSPOTX_CLIENT_SECRET');
    }
    const url = this.address('/auth/token', {});
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret });
    const response = await this.call(url, { method: 'POST', body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new CliError(await whatWentWrong(url, response));
    const content: unknown = await response.json().catch(() => null);
    const token = isApiObject(content) ? content['access_token'] : undefined;
    if (typeof token !== 'string') throw new CliError('the service answered without an access token');
    return token;
  }

  private async call(url: URL, init: RequestInit): Promise<Response> {
    try {
      // A redirect could carry the token to another host.
      return await fetch(url, { ...init, redirect: 'error' });
    } catch (error) {
      throw new CliError(`${url.origin} can't be reached: ${reasonOf(error)}`);
    }
  }
}

export function isApiObject(value: unknown): value is ApiObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The problem+json (RFC 9457) of an answer in one line, each member that was refused named. */
async function whatWentWrong(url: URL, response: Response): Promise<string> {
  const problem: unknown = await response.json().catch(() => null);
  const start = `${url.pathname} answered ${response.status}`;
  if (!isApiObject(problem)) return start;
  const words = [problem['detail'] ?? problem['title'] ?? problem['error_description'] ?? problem['error']];
  if (problem['code'] !== undefined) words.push(`(${String(problem['code'])})`);
  if (problem['requestId'] !== undefined) words.push(`request ${String(problem['requestId'])}`);
  const faults = Array.isArray(problem['errors']) ? problem['errors'].filter(isApiObject).map(faultOf) : [];
  const faulty = faults.length === 0 ? '' : `; ${faults.join('; ')}`;
  return `${start}: ${words.filter((word) => word !== undefined).join(' ')}${faulty}`;
}

function faultOf({ pointer, code, detail }: ApiObject): string {
  return `${String(pointer ?? 'the request')}: ${String(detail ?? code ?? 'refused')}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} seconds`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
