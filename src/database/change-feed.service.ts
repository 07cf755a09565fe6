import { randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import pg from 'pg';
import type { Gauge } from 'prom-client';
import { Settings } from '../config/settings.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import { DatabaseClock } from './database-clock.service.js';

/** What the triggers of migration 0011 announce. The key is the row's id, or `*` for everything of the kind. */
export type ChangeTopic = 'session' | 'user' | 'tenant' | 'service-account' | 'access' | 'revoked-token' | 'keys';

export interface ChangeListener {
  changed(topic: ChangeTopic, key: string): void;
  /** Changes may have been missed: forget everything, read again what has to be known. The feed isn't fresh before it is done. */
  missed(): void | Promise<void>;
  /** Returns when what was announced is known, for a listener that has to read it first. */
  caughtUp?(): Promise<void>;
}

const CHANNEL = 'blindspotx_changes';
const PULSE_MS = 150;
/** How old the last proof may be. Beyond it, what is in memory isn't believed and the database is asked. */
const FRESH_MS = 750;
/** After so long what was ended is refused by every instance: what FRESH_MS leaves room for. What answers promise. */
export const DEAD_WITHIN_MS = 1000;
/** A connection that has proved nothing for so long is given up. */
const LOST_MS = 2500;
const RECONNECT_MS = 200;
const MAX_RECONNECT_MS = 2000;

/**
 * Changes as other instances commit them, by LISTEN on a connection of its own, which must be a session of PostgreSQL itself
 * or of a pooler in session mode.
 *
 * The connection proves itself by a pulse: a notification to itself, several times a second. PostgreSQL delivers notifications
 * in commit order, so a pulse that was sent at time t and came back means that every change committed before t has come too.
 */
@Injectable()
export class ChangeFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly pulseChannel = `blindspotx_pulse_${randomBytes(8).toString('hex')}`;
  private readonly listeners = new Map<ChangeTopic, ChangeListener[]>();
  /** The pulse that is under way: one at a time. */
  private underWay: { id: string; sentAt: number } | undefined;
  private readonly waiting = new Set<{ calledAt: number; settle: () => void }>();
  private provenAt = Number.NEGATIVE_INFINITY;
  private client: pg.Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private listeningSince = 0;
  private nextPulse = 0;
  private isListening = false;
  /** Said once, and tried more seldom the longer it lasts. */
  private isAway = false;
  private failures = 0;
  private stopped = false;

  constructor(
    private readonly settings: Settings,
    private readonly clock: DatabaseClock,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.pushFresh) private readonly fresh: Gauge,
  ) {}

  subscribe(topics: readonly ChangeTopic[], listener: ChangeListener): void {
    for (const topic of topics) this.listeners.set(topic, [...(this.listeners.get(topic) ?? []), listener]);
  }

  /**
   * Whether every change that was committed more than 750 ms ago is known here.
   *
   * @param nowMs performance.now()
   */
  isFresh(nowMs: number = performance.now()): boolean {
    return nowMs - this.provenAt < FRESH_MS;
  }

  /**
   * Returns when everything that was committed before the call is known here: at once when the feed isn't fresh, because then the
   * database is asked anyway.
   */
  async settled(): Promise<void> {
    if (!this.isFresh()) return;
    await new Promise<void>((settle) => {
      const waiter = { calledAt: performance.now(), settle };
      this.waiting.add(waiter);
      setTimeout(() => {
        this.waiting.delete(waiter);
        settle();
      }, FRESH_MS).unref();
      if (this.client !== undefined && this.underWay === undefined) this.sendPulse(this.client);
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => this.pulse(), PULSE_MS);
    this.timer.unref();
    // The start doesn't wait for it, nor fail with it: until it listens, the database is asked.
    await this.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    this.provenAt = Number.NEGATIVE_INFINITY;
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    if (this.stopped) return;
    const client = new pg.Client({
      connectionString: this.settings.DATABASE_URL,
      application_name: 'blindspotx changes',
      connectionTimeoutMillis: LOST_MS,
      keepAlive: true,
    });
    this.client = client;
    this.listeningSince = performance.now();
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('the connection was closed')));
    client.on('notification', ({ channel, payload = '' }) => this.received(channel, payload));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}; LISTEN ${this.pulseChannel}`);
      const everybody = new Set([...this.listeners.values()].flat());
      await Promise.all([...everybody].map(async (listener) => listener.missed()));
      if (client !== this.client) return;
      this.listeningSince = performance.now();
      this.isListening = true;
      this.isAway = false;
      this.sendPulse(client);
    } catch (error) {
      this.lost(client, error);
    }
  }

  private pulse(): void {
    const { client } = this;
    this.fresh.set(this.isFresh() ? 1 : 0);
    if (client === undefined) return;
    const now = performance.now();
    if (now - Math.max(this.provenAt, this.listeningSince) > LOST_MS) {
      this.lost(client, new Error('the connection has gone silent'));
      return;
    }
    // The first pulse is sent by connect, when what was missed has been made up for.
    if (this.isListening && this.underWay === undefined) this.sendPulse(client);
  }

  private sendPulse(client: pg.Client): void {
    const id = String(this.nextPulse++);
    const sentAt = performance.now();
    this.underWay = { id, sentAt };
    client
      .query<{ now: number }>(`SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now, pg_notify($1, $2)`, [
        this.pulseChannel,
        id,
      ])
      .then(({ rows: [row] }) => {
        if (client !== this.client) return;
        // What was to end by itself ends by another clock than it was kept by.
        if (row !== undefined && this.clock.sample(row.now, sentAt, performance.now())) {
          this.lost(client, new Error('time has jumped'));
          return;
        }
        this.underWay = undefined;
        this.settleProven();
      })
      .catch((error: unknown) => this.lost(client, error));
  }

  private received(channel: string, payload: string): void {
    if (channel === this.pulseChannel) {
      if (this.underWay?.id === payload) this.provenAt = this.underWay.sentAt;
      return;
    }
    const separator = payload.indexOf(':');
    const topic = payload.slice(0, separator) as ChangeTopic;
    for (const listener of this.listeners.get(topic) ?? []) listener.changed(topic, payload.slice(separator + 1));
  }

  private settleProven(): void {
    for (const waiter of this.waiting) {
      if (waiter.calledAt > this.provenAt) continue;
      this.waiting.delete(waiter);
      void this.everybodyCaughtUp().finally(waiter.settle);
    }
    if (this.waiting.size > 0 && this.client !== undefined) this.sendPulse(this.client);
  }

  /** What the waiter waits for has been announced; who reads it first must have done so. */
  private async everybodyCaughtUp(): Promise<void> {
    await Promise.all([...this.listeners.values()].flat().map((listener) => listener.caughtUp?.()));
  }

  private lost(client: pg.Client, error: unknown): void {
    if (client !== this.client) return;
    this.client = undefined;
    this.provenAt = Number.NEGATIVE_INFINITY;
    this.isListening = false;
    this.underWay = undefined;
    for (const { settle } of this.waiting) settle();
    this.waiting.clear();
    // A half-open connection never ends by asking it to.
    void client.end().catch(() => undefined);
    (client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy();
    if (this.stopped) return;
    this.failures = this.isAway ? this.failures + 1 : 0;
    const message = 'changes of other instances are not pushed; the database is asked instead';
    if (this.isAway) this.logger.debug({ err: error }, message);
    else this.logger.warn({ err: error }, message);
    this.isAway = true;
    setTimeout(() => void this.connect(), Math.min(RECONNECT_MS * 2 ** this.failures, MAX_RECONNECT_MS)).unref();
  }
}
