import { parseArgs } from 'node:util';

export const PARTS = ['process', 'http', 'bulk', 'load', 'change'] as const;
export type PartName = (typeof PARTS)[number];

export interface BenchOptions {
  parts: readonly PartName[];
  rounds: number;
  /** Of one variant in one round over HTTP. */
  seconds: number;
  isQuick: boolean;
}

const QUICK = { rounds: 3, seconds: 1 };
const FULL = { rounds: 9, seconds: 3 };

/** @throws Error for an option that isn't there or has no sense */
export function benchOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      part: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean' },
    },
  });
  const isQuick = values.quick === true;
  const defaults = isQuick ? QUICK : FULL;
  return {
    parts: values.part === undefined ? PARTS : [partOf(values.part)],
    rounds: positive('rounds', values.rounds) ?? defaults.rounds,
    seconds: positive('seconds', values.seconds) ?? defaults.seconds,
    isQuick,
  };
}

function partOf(name: string): PartName {
  const part = PARTS.find((known) => known === name);
  if (part === undefined) throw new Error(`--part is one of ${PARTS.join(', ')}, not "${name}"`);
  return part;
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is a whole number above 0, not "${text}"`);
  return value;
}
