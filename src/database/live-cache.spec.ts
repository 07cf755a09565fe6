import type { ChangeFeed, ChangeListener, ChangeTopic } from './change-feed.service.js';
import { LiveCache, type LiveValue } from './live-cache.js';

/** Stands for the connection: says what a test wants it to have said. */
class SpokenFeed {
  fresh = true;
  private listener: ChangeListener | undefined;
  isFresh = (): boolean => this.fresh;
  subscribe(_topics: readonly ChangeTopic[], listener: ChangeListener): void {
    this.listener = listener;
  }
  say(topic: ChangeTopic, key: string): void {
    this.listener?.changed(topic, key);
  }
  sayMissed(): void {
    void this.listener?.missed();
  }
}

describe('LiveCache', () => {
  let feed: SpokenFeed;
  let cache: LiveCache<string>;
  beforeEach(() => {
    feed = new SpokenFeed();
    cache = new LiveCache(feed as unknown as ChangeFeed, ['session', 'user'], 3);
  });
  const value = (text: string, ...dependsOn: `${ChangeTopic}:${string}`[]): LiveValue<string> => ({
    value: text,
    dependsOn,
    secondsLeft: null,
  });
  const load = (key: string, live: LiveValue<string>) => cache.load(key, async () => live);

  it('answers from memory until something that the value depends on changes', async () => {
    await load('s1', value('alive', 'session:s1', 'user:u1'));
    feed.say('user', 'somebody else');
    expect(cache.get('s1')?.value).toBe('alive');
    feed.say('user', 'u1');
    expect(cache.get('s1')).toBeUndefined();
  });

  it('tells whoever holds an entry that it is worthless now', async () => {
    const entry = await load('s1', value('alive', 'session:s1'));
    expect(entry && cache.isCurrent(entry)).toBe(true);
    feed.say('session', 's1');
    expect(entry && cache.isCurrent(entry)).toBe(false);
  });

  it('never keeps what changed while it was read', async () => {
    const entry = await cache.load('s1', async () => {
      feed.say('user', 'u1');
      return value('read before the change', 'session:s1', 'user:u1');
    });
    expect(entry && cache.isCurrent(entry)).toBe(false);
    expect(cache.get('s1')).toBeUndefined();
  });

  it('never keeps what was read while changes may have been missed', async () => {
    await cache.load('s1', async () => {
      feed.sayMissed();
      return value('old', 'session:s1');
    });
    expect(cache.get('s1')).toBeUndefined();
  });

  it('believes nothing while the feed is silent, and the same again when it speaks', async () => {
    await load('s1', value('alive', 'session:s1'));
    feed.fresh = false;
    expect(cache.get('s1')).toBeUndefined();
    feed.fresh = true;
    expect(cache.get('s1')?.value).toBe('alive');
  });

  it('forgets everything when changes were missed or everything of a kind changed', async () => {
    await load('s1', value('alive', 'session:s1'));
    feed.sayMissed();
    expect(cache.get('s1')).toBeUndefined();
    await load('s1', value('alive', 'session:s1'));
    feed.say('user', '*');
    expect(cache.get('s1')).toBeUndefined();
  });

  it('believes nothing beyond the time at which it ends by itself', async () => {
    await cache.load('s1', async () => ({ value: 'over', dependsOn: ['session:s1'], secondsLeft: -1 }));
    expect(cache.get('s1')).toBeUndefined();
  });

  it('holds no more than its limit, and says of what it dropped that it is worthless', async () => {
    const first = await load('s1', value('1', 'session:s1'));
    for (const key of ['s2', 's3', 's4']) await load(key, value(key, `session:${key}`));
    expect(cache.get('s1')).toBeUndefined();
    expect(first && cache.isCurrent(first)).toBe(false);
    expect(cache.get('s4')?.value).toBe('s4');
  });

  it('keeps no absence', async () => {
    expect(await cache.load('s1', async () => null)).toBeNull();
    expect((await load('s1', value('born since', 'session:s1')))?.value).toBe('born since');
  });
});
