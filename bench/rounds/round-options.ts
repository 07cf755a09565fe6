import { parseArgs } from 'node:util';
import { WrongOption } from './run-benchmark.js';

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

/** @param full what isn't said @param own names of further options, each with a text @throws WrongOption */
export function roundOptions<Part extends string>(
  args: string[],
  parts: readonly Part[],
  full: Defaults,
  own: readonly string[] = [],
): RoundOptions<Part> {
  const values = valuesOf(args, ['part', 'rounds', 'seconds', ...own]);
  const isQuick = values['quick'] !== undefined;
  const defaults = isQuick ? { rounds: 3, seconds: 1 } : full;
  return {
    parts: values['part'] === undefined ? parts : [partOf(parts, values['part'])],
    rounds: positive('rounds', values['rounds']) ?? defaults.rounds,
    seconds: positive('seconds', values['seconds']) ?? defaults.seconds,
    isQuick,
    own: values,
  };
}

/** @param named the options with a text @returns their texts, and an empty one for `quick` */
function valuesOf(args: string[], named: readonly string[]): Record<string, string | undefined> {
  const { tokens } = parseArgs({
    args,
    options: { quick: { type: 'boolean' }, ...Object.fromEntries(named.map((name) => [name, { type: 'string' }])) },
    strict: false,
    tokens: true,
  });
  const values: Record<string, string | undefined> = {};
  for (const token of tokens) {
    if (token.kind !== 'option' || !['quick', ...named].includes(token.name)) {
      const known = [...named, 'quick'].map((name) => `--${name}`).join(', ');
      throw new WrongOption(`There is no option "${args[token.index]}"; there are ${known}.`);
    }
    const { name, value } = token;
    if (name === 'quick' && value !== undefined) throw new WrongOption('--quick takes no value.');
    if (name !== 'quick' && !/^[^-]/.test(value ?? '')) throw new WrongOption(`--${name} wants a value after it.`);
    values[name] = value ?? '';
  }
  return values;
}

function partOf<Part extends string>(parts: readonly Part[], name: string): Part {
  const part = parts.find((known) => known === name);
  if (part === undefined) throw new WrongOption(`--part is one of ${parts.join(', ')}, not "${name}".`);
  return part;
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new WrongOption(`--${name} is a whole number above 0, not "${text}".`);
  return value;
}
