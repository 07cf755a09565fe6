import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { ChangeFeed, type ChangeTopic } from '../../database/change-feed.service.js';
import { LiveCache, type LiveEntry } from '../../database/live-cache.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { METRIC } from '../../observability/metrics.js';
import { authError } from '../auth.errors.js';
import { LIFETIME } from '../lifetimes.js';
import type { AccountStanding, ServiceAccountStanding, SessionStanding } from './standing.types.js';
import { StandingsRepository } from './standings.repository.js';

export type Standing = SessionStanding | ServiceAccountStanding | AccountStanding;

/** Sessions and accounts kept in memory; some 300 bytes each. */
const KEPT = 50_000;
/** Longer than any access token lives. */
const REVOKED_KEPT_MS = (LIFETIME.accessTokenSeconds + 60) * 1000;
const SUBJECT_TOPICS: ChangeTopic[] = ['session', 'user', 'tenant', 'service-account'];

/**
 * Whether sessions and accounts still stand: from memory while the change feed is fresh, else from the database. What was ended
 * on any instance is dead on all of them as soon as the feed says so, and after 750 ms of silence at the latest.
 */
@Injectable()
export class Standings implements OnModuleInit {
  private readonly kept: LiveCache<Standing>;
  /** `jti` to performance.now() after which no such token lives any more. */
  private readonly revoked = new Map<string, number>();

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly standings: StandingsRepository,
    private readonly feed: ChangeFeed,
    @InjectMetric(METRIC.standingReads) private readonly reads: Counter,
  ) {
    this.kept = new LiveCache(feed, SUBJECT_TOPICS, KEPT);
  }

  onModuleInit(): void {
    this.feed.subscribe(['revoked-token'], {
      changed: (_topic, jti) => this.noteRevoked(jti),
      // Added to what is known and never put in its place: what is announced meanwhile is in none of the rows.
      missed: async () => {
        for (const jti of await this.transactions.read((tx) => this.standings.findRevoked(tx))) this.noteRevoked(jti);
      },
    });
  }

  /** Whether an entry that somebody holds may be believed without asking. */
  isCurrent(entry: LiveEntry<Standing>): boolean {
    return this.kept.isCurrent(entry);
  }

  /** Only to be believed while the entry of its session or account is current. */
  isKnownRevoked(jti: string): boolean {
    return this.revoked.has(jti);
  }

  /** @throws DomainError auth.session_ended; service.unavailable when the database has to be asked and is away */
  async session(sessionId: string): Promise<LiveEntry<SessionStanding>> {
    const entry = await this.entry(`session:${sessionId}`, async (tx) => {
      const found = await this.standings.findSession(tx, sessionId);
      if (found === null) return null;
      const { standing, secondsLeft, program } = found;
      const ofProgram = program === null ? [] : ([`service-account:${program.id}`, `user:${program.ownerId}`] as const);
      return {
        value: standing,
        secondsLeft,
        dependsOn: [`session:${sessionId}`, `user:${standing.userId}`, `tenant:${standing.tenantId}`, ...ofProgram],
      };
    });
    if (entry === null) throw authError('auth.session_ended');
    return entry as LiveEntry<SessionStanding>; // keys of sessions hold sessions
  }

  /** @throws DomainError auth.session_ended */
  async serviceAccount(id: string): Promise<LiveEntry<ServiceAccountStanding>> {
    const entry = await this.entry(`service-account:${id}`, async (tx) => {
      const found = await this.standings.findServiceAccount(tx, id);
      return found === null
        ? null
        : {
            value: found.standing,
            secondsLeft: found.secondsLeft,
            dependsOn: [`service-account:${id}`, `user:${found.ownerId}`, `tenant:${found.standing.tenantId}`],
          };
    });
    if (entry === null) throw authError('auth.session_ended');
    return entry as LiveEntry<ServiceAccountStanding>; // keys of service accounts hold service accounts
  }

  /** The account, if memory can say that it stands; undefined means ask `account`, not no. */
  recallAccount(entraTenantId: string, objectId: string): LiveEntry<AccountStanding> | undefined {
    // Keys of accounts hold accounts.
    return this.kept.get(`account:${entraTenantId}:${objectId}`) as LiveEntry<AccountStanding> | undefined;
  }

  /** @throws DomainError auth.account_unknown, auth.session_ended */
  async account(entraTenantId: string, objectId: string): Promise<LiveEntry<AccountStanding>> {
    let known = false;
    const entry = await this.entry(`account:${entraTenantId}:${objectId}`, async (tx) => {
      const found = await this.standings.findAccount(tx, entraTenantId, objectId);
      known = found !== null;
      return found === null || found.standing === null
        ? null
        : {
            value: found.standing,
            secondsLeft: null,
            dependsOn: [`user:${found.userId}`, `tenant:${found.standing.tenantId}`],
          };
    });
    if (entry !== null) return entry as LiveEntry<AccountStanding>; // keys of accounts hold accounts
    if (known) throw authError('auth.session_ended');
    throw authError('auth.account_unknown', { detail: 'Sign in through /auth/login once; the account begins then.' });
  }

  /** @throws DomainError auth.token_revoked when the access token was revoked by itself */
  async assertNotRevoked(jti: string): Promise<void> {
    const revoked = this.feed.isFresh()
      ? this.revoked.has(jti)
      : await this.transactions.read((tx) => this.standings.isRevoked(tx, jti));
    if (revoked) throw authError('auth.token_revoked');
  }

  private noteRevoked(jti: string): void {
    const now = performance.now();
    // In the order of their ends: the first that still counts is followed by others that do.
    for (const [old, until] of this.revoked) {
      if (until > now) break;
      this.revoked.delete(old);
    }
    this.revoked.delete(jti);
    this.revoked.set(jti, now + REVOKED_KEPT_MS);
  }

  private async entry(
    key: string,
    read: (
      tx: Parameters<Parameters<TransactionRunner['read']>[0]>[0],
    ) => ReturnType<Parameters<LiveCache<Standing>['load']>[1]>,
  ): Promise<LiveEntry<Standing> | null> {
    const kept = this.kept.get(key);
    if (kept !== undefined) return kept;
    this.reads.inc({ reason: this.feed.isFresh() ? 'unknown' : 'push_silent' });
    return this.kept.load(key, () => this.transactions.read(read));
  }
}
