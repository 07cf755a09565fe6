import { Counter } from 'prom-client';
import type { ChangeFeed, ChangeListener, ChangeTopic } from '../../database/change-feed.service.js';
import type { TransactionRunner } from '../../database/transaction-runner.js';
import type { StandingsRepository } from './standings.repository.js';
import { Standings } from './standings.service.js';

describe('what is known to be revoked', () => {
  let listener: ChangeListener | undefined;
  let answerReading: (jtis: string[]) => void;
  const feed = {
    isFresh: () => true,
    subscribe: (topics: readonly ChangeTopic[], subscribed: ChangeListener) => {
      if (topics.includes('revoked-token')) listener = subscribed;
    },
  } as unknown as ChangeFeed;
  const transactions = {
    read: () =>
      new Promise((answer) => {
        answerReading = answer;
      }),
  } as unknown as TransactionRunner;
  const standings = new Standings(
    transactions,
    {} as StandingsRepository,
    feed,
    new Counter({ name: 'x', help: 'x', labelNames: ['reason'], registers: [] }),
  );
  standings.onModuleInit();

  it('is what the database had and what was announced while it was read, in whatever order the two arrive', async () => {
    const reading = listener?.missed();
    listener?.changed('revoked-token', 'announced meanwhile');
    answerReading(['read']);
    await reading;
    expect(['read', 'announced meanwhile', 'another'].map((jti) => standings.isKnownRevoked(jti))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
