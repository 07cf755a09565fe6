import type { Sample, Samples } from './rounds.js';

export type Measure = 'per CPU second' | 'per second';

/** What a part has to reach: ours as a share or a multiple of a peer. */
export interface Goal {
  peer: string;
  by: Measure;
  /** Null: shown, not demanded. */
  limit: number | null;
  aim: number | null;
}

const RATE: Readonly<Record<Measure, (sample: Sample) => number>> = {
  'per CPU second': ({ succeeded, cpuSeconds }) => succeeded / cpuSeconds,
  'per second': ({ succeeded, seconds }) => succeeded / seconds,
};

/** Two Markdown tables: what each variant did, and what ours is beside its peers, round by round. */
export function report(title: string, ours: string, samples: Samples, goals: readonly Goal[]): string {
  const withDatabase = [...samples.values()].flat().some(({ databaseCpuSeconds }) => databaseCpuSeconds > 0);
  const head = [
    'variant',
    'requests a CPU second',
    'CPU µs a request',
    ...(withDatabase ? ['PostgreSQL CPU µs a request'] : []),
    'requests a second',
    'server core busy',
  ];
  const rows = [...samples].map(([name, list]) => {
    const busy = median(list.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds));
    const cost = median(list.map(({ succeeded, cpuSeconds }) => (1e6 * cpuSeconds) / succeeded));
    const database = median(list.map(({ succeeded, databaseCpuSeconds }) => (1e6 * databaseCpuSeconds) / succeeded));
    return [
      name,
      spread(list.map(RATE['per CPU second']), whole),
      cost.toFixed(1),
      ...(withDatabase ? [database.toFixed(1)] : []),
      spread(list.map(RATE['per second']), whole),
      `${Math.round(busy * 100)} %`,
    ];
  });
  const ratios = goals.map(({ peer, by, limit, aim }) => {
    const values = ratiosOf(samples.get(ours) ?? [], samples.get(peer) ?? [], RATE[by]);
    const verdict = limit === null ? '-' : median(values) >= limit ? 'reached' : 'MISSED';
    return [`ours / ${peer}, ${by}`, spread(values, hundredths), written(limit), written(aim), verdict];
  });
  return [
    `### ${title}`,
    table(head, rows),
    table(['ratio of each round', 'median (min..max)', 'limit', 'aim', 'limit is'], ratios),
  ].join('\n\n');
}

/** A sentence for every variant that didn't answer everything with 2xx and the right body. */
export function faultsOf(samples: Samples): string[] {
  return [...samples].flatMap(([name, list]) =>
    list.flatMap(({ failures, succeeded }, round) => {
      const found = Object.entries(failures).map(([what, count]) => `${count} × ${what}`);
      if (succeeded === 0) found.push('no answer at all');
      return found.length === 0 ? [] : [`${name}, round ${round + 1}: ${found.join(', ')}`];
    }),
  );
}

function ratiosOf(ours: readonly Sample[], peers: readonly Sample[], rate: (sample: Sample) => number): number[] {
  return ours.flatMap((sample, round) => {
    const peer = peers[round];
    return peer === undefined ? [] : [rate(sample) / rate(peer)];
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function spread(values: readonly number[], write: (value: number) => string): string {
  return `${write(median(values))} (${write(Math.min(...values))}..${write(Math.max(...values))})`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function hundredths(value: number): string {
  return value.toFixed(2);
}

function written(bound: number | null): string {
  return bound === null ? '-' : hundredths(bound);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
