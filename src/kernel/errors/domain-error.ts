/** What went wrong, seen from the caller. One table (kernel/problem) maps a kind to an HTTP status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'denied'
  | 'not_found'
  | 'conflict'
  | 'precondition_failed'
  | 'precondition_required'
  | 'too_large'
  | 'unsupported_media'
  | 'rate_limited'
  | 'upstream'
  | 'unavailable';

export interface ErrorDefinition {
  kind: ErrorKind;
  /** Stable sentence for people; the same for every occurrence (RFC 9457 3.1.3). */
  title: string;
}

/** `module.reason`, e.g. `auth.refresh_reused`. */
export type ErrorCode = `${string}.${string}`;

export interface FieldError {
  /** JSON Pointer into the request body, or the name of a query parameter or header. */
  pointer: string;
  code: string;
  detail: string;
}

/**
 * The only error that services throw on purpose. It knows nothing of HTTP. `detail` is shown to the client; `cause` goes to
 * the log only.
 */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly title: string;
  readonly detail: string | undefined;
  readonly errors: FieldError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    definition: ErrorDefinition,
    options: { detail?: string; cause?: unknown; errors?: FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(options.detail ?? definition.title, { cause: options.cause });
    this.name = 'DomainError';
    this.code = code;
    this.kind = definition.kind;
    this.title = definition.title;
    this.detail = options.detail;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

const catalogue = new Map<ErrorCode, ErrorDefinition>();

/**
 * Declares a module's error codes once (in its `*.errors.ts`) and returns the function that makes them.
 *
 * @throws Error at load time when a code is declared twice
 */
export function defineErrors<Codes extends ErrorCode>(definitions: Record<Codes, ErrorDefinition>) {
  for (const [code, definition] of Object.entries<ErrorDefinition>(definitions)) {
    if (catalogue.has(code as ErrorCode)) throw new Error(`error code ${code} is declared twice`);
    catalogue.set(code as ErrorCode, definition);
  }
  return (code: Codes, options?: ConstructorParameters<typeof DomainError>[2]) =>
    new DomainError(code, definitions[code], options);
}

/** Every declared code, for docs/contract/error-codes.json. */
export function errorCatalogue(): ReadonlyMap<ErrorCode, ErrorDefinition> {
  return catalogue;
}
