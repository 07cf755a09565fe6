import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../access/actor.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import type { Page } from '../kernel/paging/cursor.js';
import { decodeBoundCursor, encodeBoundCursor } from './bound-cursor.js';
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
    const after = cursor === undefined ? null : decodeBoundCursor(question, cursor, IS_KEY[search.sort]);
    const rows = await this.transactions.read((tx) => this.users.findPage(tx, search, limit + 1, after));
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const isMore = rows.length > limit && last !== undefined;
    return { items, nextCursor: isMore ? encodeBoundCursor(question, { key: last.sortKey, id: last.id }) : null };
  }

  /** @throws DomainError users.not_found */
  async details(id: string): Promise<UserDetails> {
    const user = await this.transactions.read((tx) => this.users.findDetails(tx, id));
    if (user === null) throw usersError('users.not_found');
    return user;
  }
}

function questionOf(actor: CallerActor, { words, tenantId, status, source, sort, order }: UserSearch): JsonObject {
  return { list: 'users', caller: actor.id, words: [...words], tenantId, status, source, sort, order };
}
