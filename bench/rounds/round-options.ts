import { parseArgs } from 'node:util';

/** What every benchmark with parts can be told. */
export interface RoundOptions<Part extends string> {
  parts: readonly Part[];
  rounds: number;
  /** Of one variant in one round. */
  seconds: number;
  isQuick: boolean;
  /** What was said for the benchmark's own options, by name. */
  own: Readonly<Record<string, string | undefined>>;
}

interface Defaults {
  rounds: number;
  seconds: number;
}

/** @param full what isn't said @param own names of further options, each with a text @throws Error for an option that isn't there or has no sense */
export function roundOptions<Part extends string>(
  args: string[],
  parts: readonly Part[],
  full: Defaults,
  own: readonly string[] = [],
): RoundOptions<Part> {
  const { values } = parseArgs({
    args,
    options: {
      part: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean' },
      ...Object.fromEntries(own.map((name) => [name, { type: 'string' as const }])),
    },
  });
  const isQuick = values.quick === true;
  const defaults = isQuick ? { rounds: 3, seconds: 1 } : full;
  return {
    parts: values.part === undefined ? parts : [partOf(parts, values.part)],
    rounds: positive('rounds', values.rounds) ?? defaults.rounds,
    seconds: positive('seconds', values.seconds) ?? defaults.seconds,
    isQuick,
    own: values as Record<string, string | undefined>,
  };
}

function partOf<Part extends string>(parts: readonly Part[], name: string): Part {
  const part = parts.find((known) => known === name);
  if (part === undefined) throw new Error(`--part is one of ${parts.join(', ')}, not "${name}"`);
  return part;
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is a whole number above 0, not "${text}"`);
  return value;
}
