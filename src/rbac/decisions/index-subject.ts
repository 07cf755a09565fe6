import { NONE } from './assignment-store.js';
import type { CompiledAccess } from './compiled-access.js';

const NO_BITS = new Uint32Array(0);
const NO_SCOPES: readonly string[] = [];
/** No version of the roles: nothing is compiled. */
export const NEVER = -1;

/** A user or a program in the index: what is known of it, and what it may do once somebody has asked. */
export class IndexSubject implements CompiledAccess {
  // What a decision reads comes first, and is one step away.
  /** The version of the roles that the rest is known to be true of. */
  version = NEVER;
  /** Whether the time has to be looked at before what is compiled is believed. */
  isTimed = true;
  at = 0;
  words = 0;
  bits: Uint32Array = NO_BITS;
  scopes: readonly string[] = NO_SCOPES;
  byScope: CompiledAccess['byScope'] = null;
  /** Until when it holds, Unix milliseconds. */
  until = Number.NEGATIVE_INFINITY;
  first = NONE;
  type: 'user' | 'service_account' | null = null;
  /** Its own status; a program's owner counts too. */
  isActive = false;
  tenantId: string | null = null;
  /** Of a user in Entra ID. */
  objectId: string | null = null;
  /** Of a program. */
  owner: IndexSubject | null = null;
  /** Whose owner it is. */
  programs: Set<IndexSubject> | null = null;

  constructor(
    /** users.id or service_accounts.id */
    readonly id: string,
    readonly number: number,
  ) {}

  /** What was compiled is no longer so. */
  forget(): void {
    this.version = NEVER;
  }

  /** And its memory is no more. */
  empty(): void {
    this.compiled(
      { bits: NO_BITS, at: 0, words: 0, scopes: NO_SCOPES, byScope: null },
      Number.NEGATIVE_INFINITY,
      NEVER,
    );
  }

  /** @param until Unix milliseconds @param version of the roles that it was made of */
  compiled({ bits, at, words, scopes, byScope }: CompiledAccess, until: number, version: number): void {
    this.bits = bits;
    this.at = at;
    this.words = words;
    this.scopes = scopes;
    this.byScope = byScope;
    this.until = until;
    this.isTimed = until !== Number.POSITIVE_INFINITY;
    this.version = version;
  }
}

/** A group in the index. */
export class IndexGroup {
  first = NONE;
  /** Whose object ids its members are. */
  tenantId: string | null = null;
  /** users.id */
  readonly users = new Set<string>();
  /** Object ids of Entra. */
  readonly objects = new Set<string>();

  constructor(
    /** groups.id */
    readonly id: string,
    readonly number: number,
  ) {}
}
