import { AppendQueue } from './append-queue.js';

/** A database that commits a batch when it is told to. */
class Commits {
  readonly open: { batch: number[]; commit: () => void; fail: (error: Error) => void }[] = [];
  readonly written: number[][] = [];
  readonly queue = new AppendQueue<number>({
    write: (batch) =>
      new Promise<void>((resolve, reject) => {
        this.open.push({
          batch,
          commit: () => {
            this.written.push(batch);
            resolve();
          },
          fail: reject,
        });
      }),
    maxBatch: 3,
    maxWaiting: 10,
  });

  append(...items: number[]): Promise<PromiseSettledResult<void>[]> {
    return Promise.allSettled(items.map((item) => this.queue.append(item)));
  }

  async commitAll(): Promise<void> {
    for (await turn(); this.open.length > 0; await turn()) this.open.shift()?.commit();
  }
}

async function turn(): Promise<void> {
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve));
}

describe('group commit', () => {
  it('commits what comes in one turn together, and what comes meanwhile in the next batch', async () => {
    const commits = new Commits();
    const first = commits.append(1, 2);
    await turn();
    const second = commits.append(3, 4);
    await turn();
    expect(commits.open.map(({ batch }) => batch)).toEqual([[1, 2]]);
    await commits.commitAll();
    await Promise.all([first, second]);
    expect(commits.written).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('writes a second full batch beside the first, never a third, and everything in the end', async () => {
    const commits = new Commits();
    const all = commits.append(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    await turn();
    expect(commits.open.map(({ batch }) => batch)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    await commits.commitAll();
    expect((await all).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(commits.written.flat().sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('goes on with what came while only the second was still writing', async () => {
    const commits = new Commits();
    const full = commits.append(1, 2, 3, 4, 5, 6);
    await turn();
    commits.open.shift()?.commit();
    await turn();
    const late = commits.append(7);
    await turn();
    expect(commits.open.map(({ batch }) => batch)).toEqual([[4, 5, 6]]);
    await commits.commitAll();
    await Promise.all([full, late]);
    await commits.queue.settled();
    expect(commits.written).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
  });

  it('settles only when nothing is being written any more', async () => {
    const commits = new Commits();
    void commits.append(1, 2, 3, 4, 5, 6, 7);
    await turn();
    let isSettled = false;
    const settled = commits.queue.settled().then(() => {
      isSettled = true;
    });
    commits.open.shift()?.commit();
    await turn();
    expect(isSettled).toBe(false);
    await commits.commitAll();
    await settled;
    expect(commits.written.flat()).toHaveLength(7);
  });

  it('writes none again of a batch of which nobody knows whether it was committed', async () => {
    const commits = new Commits();
    const three = commits.append(1, 2, 3);
    await turn();
    commits.open.shift()?.fail(Object.assign(new Error('the connection was cut'), { kind: 'unavailable' }));
    expect((await three).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await commits.queue.settled();
    expect(commits.written).toEqual([]);
  });

  it('refuses the one that cannot be stored, keeps the others, and takes no more than may wait', async () => {
    const commits = new Commits();
    const three = commits.append(1, 2, 3);
    await turn();
    commits.open.shift()?.fail(new Error('one is bad'));
    await turn();
    commits.open.shift()?.commit();
    await turn();
    commits.open.shift()?.fail(new Error('2 is bad'));
    await commits.commitAll();
    expect((await three).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const many = commits.append(...Array.from({ length: 12 }, (_one, n) => n));
    await commits.commitAll();
    const refused = (await many).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(2);
    expect(refused[0]).toMatchObject({ reason: { code: 'service.unavailable' } });
  });
});
