/** Why a request to Microsoft Graph gave nothing that can be used. */
export type GraphFaultKind =
  | 'token'
  | 'unauthorized'
  | 'forbidden'
  | 'not_licensed'
  | 'not_found'
  | 'gone'
  | 'refused'
  | 'throttled'
  | 'unavailable'
  | 'timeout'
  | 'network'
  | 'not_json'
  | 'malformed'
  | 'too_large'
  | 'redirect'
  | 'foreign_link'
  | 'link_loop'
  | 'too_many_pages';

/** A fault of the tenant's side or of the way to it. `message` is one sentence for people; it holds no query and no token. */
export class GraphFault extends Error {
  readonly kind: GraphFaultKind;
  /** Path below the API root, without its query. */
  readonly requestPath: string;
  /** HTTP status; null where no answer came or the answer isn't to blame. */
  readonly status: number | null;
  /** How long Graph asks to wait; null where it doesn't say. */
  readonly retryAfterMs: number | null;

  constructor(
    kind: GraphFaultKind,
    requestPath: string,
    detail: string,
    options: { status?: number | null; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(`${requestPath}: ${detail}`, { cause: options.cause });
    this.name = 'GraphFault';
    this.kind = kind;
    this.requestPath = requestPath;
    this.status = options.status ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

const LICENCE_CODE = /license|licence|PremiumRequired/i;
const CODE_SHOWN = 80;

/** What a 4xx answer says, in words; `code` is the one of Graph's error object, `message` decides only about licences. */
export function refusalOf(
  requestPath: string,
  status: number,
  code: string | null,
  message: string | null,
): GraphFault {
  const said = code === null ? `HTTP ${status}` : `HTTP ${status}, ${plainCode(code)}`;
  if (LICENCE_CODE.test(code ?? '') || (status !== 404 && LICENCE_CODE.test(message ?? ''))) {
    return new GraphFault('not_licensed', requestPath, `the tenant lacks the licence for this (${said})`, { status });
  }
  if (status === 401)
    return new GraphFault('unauthorized', requestPath, `Graph doesn't accept our token (${said})`, { status });
  if (status === 403)
    return new GraphFault('forbidden', requestPath, `the application lacks a permission for this (${said})`, {
      status,
    });
  if (status === 404)
    return new GraphFault('not_found', requestPath, `Graph knows nothing there (${said})`, { status });
  if (status === 410)
    return new GraphFault('gone', requestPath, `Graph no longer knows this state (${said})`, { status });
  return new GraphFault('refused', requestPath, `Graph refused the request (${said})`, { status });
}

/** The code comes from outside and goes to logs, reports and webhooks. */
function plainCode(code: string): string {
  return code.replaceAll(/[^\w.\- ]/g, '').slice(0, CODE_SHOWN);
}
