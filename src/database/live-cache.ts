import type { ChangeFeed, ChangeTopic } from './change-feed.service.js';

/** What was read from the database, and what it depends on. */
export interface LiveValue<V> {
  value: V;
  /** `topic:key` of everything whose change makes it worthless. */
  dependsOn: readonly `${ChangeTopic}:${string}`[];
  /** After so many seconds it changes by itself; null for never. */
  secondsLeft: number | null;
}

/** A kept value. Whoever holds it asks isCurrent before each use. */
export interface LiveEntry<V> {
  readonly value: V;
  stale: boolean;
  /** performance.now() until which it holds. */
  readonly until: number;
}

/**
 * Values kept in memory for as long as the change feed is fresh and has said nothing about what they depend on. Nothing here
 * decides: what isn't current is read again by whoever needs it.
 */
export class LiveCache<V> {
  private readonly entries = new Map<string, LiveEntry<V>>();
  private readonly dependents = new Map<string, Set<string>>();
  private readonly dependsOn = new Map<string, readonly string[]>();
  /** Changes seen by each reading under way: one that changed while it was read must not be kept. */
  private readonly readings = new Set<Set<string>>();

  constructor(
    private readonly feed: ChangeFeed,
    topics: readonly ChangeTopic[],
    private readonly limit: number,
  ) {
    feed.subscribe(topics, {
      changed: (topic, key) => this.changed(topic, key),
      missed: () => this.clear(),
    });
  }

  /** The value, if it may be believed without asking. */
  get(key: string): LiveEntry<V> | undefined {
    const entry = this.entries.get(key);
    return entry !== undefined && this.isCurrent(entry) ? entry : undefined;
  }

  isCurrent(entry: LiveEntry<V>): boolean {
    const now = performance.now();
    return !entry.stale && now < entry.until && this.feed.isFresh(now);
  }

  /** Reads and, if nothing it depends on changed meanwhile, keeps it. Null is not kept. */
  async load(key: string, read: () => Promise<LiveValue<V> | null>): Promise<LiveEntry<V> | null> {
    const seen = new Set<string>();
    this.readings.add(seen);
    const startedAt = performance.now();
    try {
      const live = await read();
      if (live === null) return null;
      const until = live.secondsLeft === null ? Number.POSITIVE_INFINITY : startedAt + live.secondsLeft * 1000;
      const entry: LiveEntry<V> = { value: live.value, stale: false, until };
      const spoiled = seen.has(EVERYTHING) || live.dependsOn.some((dependency) => seen.has(dependency));
      if (spoiled || !this.feed.isFresh()) entry.stale = true;
      else this.keep(key, entry, live.dependsOn);
      return entry;
    } finally {
      this.readings.delete(seen);
    }
  }

  private keep(key: string, entry: LiveEntry<V>, dependsOn: readonly string[]): void {
    this.drop(key);
    if (this.entries.size >= this.limit) {
      const [oldest] = this.entries.keys();
      if (oldest !== undefined) this.drop(oldest);
    }
    this.entries.set(key, entry);
    this.dependsOn.set(key, dependsOn);
    for (const dependency of dependsOn) {
      const keys = this.dependents.get(dependency);
      if (keys === undefined) this.dependents.set(dependency, new Set([key]));
      else keys.add(key);
    }
  }

  private drop(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    entry.stale = true;
    this.entries.delete(key);
    for (const dependency of this.dependsOn.get(key) ?? []) {
      const keys = this.dependents.get(dependency);
      keys?.delete(key);
      if (keys?.size === 0) this.dependents.delete(dependency);
    }
    this.dependsOn.delete(key);
  }

  private changed(topic: ChangeTopic, key: string): void {
    if (key === '*') {
      this.clear();
      return;
    }
    const dependency = `${topic}:${key}`;
    for (const seen of this.readings) seen.add(dependency);
    for (const dependent of [...(this.dependents.get(dependency) ?? [])]) this.drop(dependent);
  }

  private clear(): void {
    for (const seen of this.readings) seen.add(EVERYTHING);
    for (const entry of this.entries.values()) entry.stale = true;
    this.entries.clear();
    this.dependents.clear();
    this.dependsOn.clear();
  }
}

const EVERYTHING = '*';
