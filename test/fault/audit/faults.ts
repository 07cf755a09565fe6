import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultStage } from './fault-stage.js';

/** From 0 to below 1. */
export type Random = () => number;

export interface Fault {
  name: string;
  /** Breaks something while calls come in, and ends the fault as whoever runs the service would: by starting what ended. */
  strike(stage: FaultStage, random: Random): Promise<void>;
}

const KILL: Fault = {
  name: 'kill -9',
  async strike(stage, random) {
    const victims = random() < 0.3 ? stage.services : [stage.services[Math.floor(random() * stage.services.length)]];
    await Promise.all(victims.map((service) => service?.kill('SIGKILL')));
    await stage.startInstances();
  },
};

const STOP: Fault = {
  name: 'PostgreSQL stopped at once',
  async strike({ database }, random) {
    await database.stopAtOnce();
    await sleep(random() * 800);
    await database.startAgain();
  },
};

const BOTH: Fault = {
  name: 'PostgreSQL stopped at once and kill -9',
  async strike(stage, random) {
    await Promise.all([
      stage.database.stopAtOnce(),
      stage.services[Math.floor(random() * stage.services.length)]?.kill('SIGKILL'),
    ]);
    await stage.database.startAgain();
    await stage.startInstances();
  },
};

/** Segments of WAL that are used up, so that the next one finds no room; with some luck within a commit. */
const SWITCHES = 6;

const FULL: Fault = {
  name: 'disk full',
  async strike(stage, random) {
    stage.database.fillDisk();
    await sleep(300 + random() * 700);
    if (random() < 0.5) await useUpWal(stage);
    await sleep(300 + random() * 700);
    stage.database.freeDisk();
    // It may have ended for want of room to recover in.
    await stage.database.startAgain();
  },
};

async function useUpWal(stage: FaultStage): Promise<void> {
  try {
    await stage.withClient(async (client) => {
      for (let nth = 0; nth < SWITCHES; nth++) {
        await client.query('SELECT pg_logical_emit_message(false, $1, $2), pg_switch_wal()', ['fault', 'x']);
      }
    });
  } catch {
    // PostgreSQL has no more room and ends: that is what was wanted.
  }
}

/** @returns one of each kind, in a random order, and then random ones; without a disk to fill, none fills it */
export function drawFaults(rounds: number, random: Random, canFill: boolean): Fault[] {
  const kinds = canFill ? [KILL, STOP, FULL, BOTH] : [KILL, STOP, BOTH];
  const drawn = Array.from(
    { length: rounds },
    (_, nth) => kinds[nth] ?? kinds[Math.floor(random() * kinds.length)] ?? KILL,
  );
  for (let nth = drawn.length - 1; nth > 0; nth--) {
    const other = Math.floor(random() * (nth + 1));
    [drawn[nth], drawn[other]] = [drawn[other] ?? KILL, drawn[nth] ?? KILL];
  }
  return drawn;
}

/** Marsaglia's xorshift: the same faults for the same seed, as far as time allows. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
