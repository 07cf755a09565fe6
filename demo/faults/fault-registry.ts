import { isJsonObject, type Json, type JsonObject, textOf } from '../store/json.types.js';

/** Ways in which a token can be wrong; each is issued by the token endpoint in place of the right one. */
export const TOKEN_FLAWS = [
  'badSignature',
  'unknownKey',
  'missingKid',
  'algNone',
  'hs256',
  'wrongAudience',
  'wrongIssuer',
  'wrongTenant',
  'wrongNonce',
  'missingNonce',
  'missingSub',
  'missingOid',
  'missingIat',
  'missingAud',
  'expired',
  'notYetValid',
  'futureIat',
  'wrongAtHash',
  'wrongCHash',
] as const;
export type TokenFlaw = (typeof TOKEN_FLAWS)[number];

export const FAULT_KINDS = [
  'throttle',
  'status',
  'html',
  'body',
  'hang',
  'close',
  'truncate',
  'cut',
  'foreignNextLink',
  'loopNextLink',
  'slow',
  'huge',
  'overlay',
  'flap',
  'batchItem',
  'idToken',
  'accessToken',
  'idTokenHashes',
  'rotateKeys',
  'wrongKeys',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/**
 * Something that goes wrong on the paths that `path` matches. At the token endpoint `rotateKeys` takes a new signing key just
 * before it signs, and `idTokenHashes`, which is no fault, gives id tokens the right `at_hash` and `c_hash` that Entra's code
 * flow lacks. `wrongKeys` publishes somebody else's keys under the right key ids.
 */
export interface Fault {
  kind: FaultKind;
  /**
   * A path with or without `/v1.0` in front; `*` stands for anything, so that `/users*` covers the list and every user.
   * Default: everything outside of /demo.
   */
  path?: string;
  method?: string;
  /** How often it strikes; without a number until it is cleared. */
  times?: number;
  /** How many matching requests pass first. */
  after?: number;
  /** status, html, body, batchItem: the answer's status (defaults 503, 503, 200, 429). */
  status?: number;
  /** throttle, status, batchItem: Retry-After in seconds; without it the header is left out. */
  retryAfterSeconds?: number;
  /** body: what is answered. */
  body?: string;
  contentType?: string;
  /** slow: how long the answer waits, in milliseconds. */
  delayMs?: number;
  /** huge: how many spaces follow the answer, without a length in its header; default 64 MiB. */
  bytes?: number;
  /** overlay: members that are laid over the answer's JSON object. */
  members?: JsonObject;
  /** flap: ids of objects that the answer's list leaves out, as a replica that lags behind does. */
  ids?: string[];
  /** flap: objects that it lists although they are gone. */
  rows?: JsonObject[];
  /** rotateKeys: whether the keys so far stay published; default true. */
  keepOld?: boolean;
  /** foreignNextLink: where the link points. */
  url?: string;
  /** idToken, accessToken: what is wrong with it. */
  flaw?: TokenFlaw;
}

interface Armed {
  fault: Fault;
  pattern: RegExp;
  seen: number;
  left: number;
}

/** The faults that are set at present. */
export class FaultRegistry {
  private armed: Armed[] = [];

  set(...faults: Fault[]): void {
    for (const fault of faults) {
      this.armed.push({
        fault,
        pattern: patternOf(fault.path ?? '*'),
        seen: 0,
        left: fault.times ?? Number.POSITIVE_INFINITY,
      });
    }
  }

  clear(): void {
    this.armed = [];
  }

  list(): (Fault & { left: number | null })[] {
    return this.armed.map(({ fault, left }) => ({ ...fault, left: Number.isFinite(left) ? left : null }));
  }

  /** The first fault of these kinds that strikes this request; uses up one of its times. */
  strike(kinds: readonly FaultKind[], method: string, path: string): Fault | undefined {
    for (const armed of this.armed) {
      const { fault } = armed;
      const hit =
        kinds.includes(fault.kind) &&
        (!fault.method || fault.method === method) &&
        (armed.pattern.test(path) || armed.pattern.test(path.replace(/^(\/graph)?\/v1\.0/, '')));
      if (!hit || armed.left <= 0) continue;
      armed.seen += 1;
      if (armed.seen <= (fault.after ?? 0)) continue;
      armed.left -= 1;
      return fault;
    }
    return undefined;
  }
}

/** Reads what was posted to /demo/faults; throws with a sentence when it isn't a fault. */
export function parseFault(input: Json): Fault {
  if (!isJsonObject(input)) throw new Error('A fault is an object with a kind.');
  const kind = FAULT_KINDS.find((one) => one === input['kind']);
  if (!kind) throw new Error(`Unknown kind '${textOf(input, 'kind')}'. Kinds: ${FAULT_KINDS.join(', ')}.`);
  const flaw = TOKEN_FLAWS.find((one) => one === input['flaw']);
  if ((kind === 'idToken' || kind === 'accessToken') && !flaw)
    throw new Error(`A token fault needs a flaw: ${TOKEN_FLAWS.join(', ')}.`);
  const { members, keepOld, ids, rows } = input;
  if (kind === 'overlay' && !isJsonObject(members)) throw new Error('An overlay needs members, an object.');
  return {
    kind,
    ...(isJsonObject(members) ? { members } : {}),
    ...(typeof keepOld === 'boolean' ? { keepOld } : {}),
    ...(Array.isArray(ids) ? { ids: ids.filter((id) => typeof id === 'string') } : {}),
    ...(Array.isArray(rows) ? { rows: rows.filter(isJsonObject) } : {}),
    ...texts(input, ['path', 'method', 'body', 'contentType', 'url']),
    ...numbers(input, ['times', 'after', 'status', 'retryAfterSeconds', 'delayMs', 'bytes']),
    ...(flaw ? { flaw } : {}),
  };
}

function texts(input: JsonObject, members: string[]): Partial<Fault> {
  return Object.fromEntries(
    members.filter((member) => typeof input[member] === 'string').map((member) => [member, input[member]]),
  );
}

function numbers(input: JsonObject, members: string[]): Partial<Fault> {
  return Object.fromEntries(
    members.filter((member) => typeof input[member] === 'number').map((member) => [member, input[member]]),
  );
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 'i');
}
