import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../access/actor.js';
import { canonicalJson } from '../crypto/canonical-json.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { isUuid } from '../kernel/ids/ids.js';
import { boundPageOf, decodeBoundCursor } from '../kernel/paging/bound-cursor.js';
import type { Page } from '../kernel/paging/cursor.js';
import { NEVER, UserSearchRepository } from './user-search.repository.js';
import { usersError } from './users.errors.js';
import type { ListedUser, UserDetails, UserSearch, UserSort } from './users.types.js';

/** In UTF-16; a name is sorted by its first 64 characters. */
const MAX_NAME_KEY_LENGTH = 128;
/** To the year 2286, and as far back. */
const MICROSECONDS = /^-?\d{1,16}$/;

const IS_KEY: Record<UserSort, (key: string) => boolean> = {
  displayName: (key) => key.length <= MAX_NAME_KEY_LENGTH && !key.includes('\0') && key.isWellFormed(),
  createdAt: (key) => MICROSECONDS.test(key),
  lastSignIn: (key) => key === NEVER || MICROSECONDS.test(key),
};

/** Finds people among many. */
@Injectable()
export class UserSearchService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly users: UserSearchRepository,
  ) {}

  /** @throws DomainError request.invalid for a cursor of another caller, filter or order */
  async list(actor: CallerActor, search: UserSearch, limit: number, cursor?: string): Promise<Page<ListedUser>> {
    const question = questionOf(actor, search);
    const after = cursor === undefined ? null : positionOf(search.sort, question, cursor);
    const rows = await this.transactions.read((tx) => this.users.findPage(tx, search, limit + 1, after));
    return boundPageOf(question, rows, limit, ({ sortKey, id }) => [sortKey, id]);
  }

  /** @throws DomainError users.not_found */
  async details(id: string): Promise<UserDetails> {
    const user = await this.transactions.read((tx) => this.users.findDetails(tx, id));
    if (user === null) throw usersError('users.not_found');
    return user;
  }
}

function questionOf(actor: CallerActor, { words, tenantId, status, source, sort, order }: UserSearch): string {
  return canonicalJson({ list: 'users', caller: actor.id, words: [...words], tenantId, status, source, sort, order });
}

function positionOf(sort: UserSort, question: string, cursor: string): { key: string; id: string } {
  const [key, id] = decodeBoundCursor(
    question,
    cursor,
    (parts): parts is [string, string] =>
      parts.length === 2 && typeof parts[0] === 'string' && IS_KEY[sort](parts[0]) && isUuid(parts[1]),
  );
  return { key, id };
}
