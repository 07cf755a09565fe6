import { NONE } from './assignment-store.js';
import type { CompiledAccess } from './compiled-access.js';

const NO_BITS = new Uint32Array(0);

/** A user or a program in the index: what is known of it, and what it may do once somebody has asked. */
export class IndexSubject implements CompiledAccess {
  // What a decision reads comes first, and is one step away.
  /** Whether the time has to be looked at before what is compiled is believed. */
  isTimed = true;
  root: Uint32Array = NO_BITS;
  scoped: CompiledAccess['scoped'] = [];
  byScope: CompiledAccess['byScope'] = null;
  anywhere: Uint32Array = NO_BITS;
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
    this.compiled({ root: NO_BITS, scoped: [], byScope: null, anywhere: NO_BITS }, Number.NEGATIVE_INFINITY);
  }

  compiled({ root, scoped, byScope, anywhere }: CompiledAccess, until: number): void {
    this.root = root;
    this.scoped = scoped;
    this.byScope = byScope;
    this.anywhere = anywhere;
    this.until = until;
    this.isTimed = until !== Number.POSITIVE_INFINITY;
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
