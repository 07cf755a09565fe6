import { type RoundOptions, roundOptions } from '../rounds/round-options.js';

const PARTS = ['guard', 'entra', 'refresh'] as const;
export type PartName = (typeof PARTS)[number];

export interface BenchOptions extends RoundOptions<PartName> {
  /** Folder for a CPU profile of our server, made by a run that isn't a measurement; null for none. */
  profileFolder: string | null;
}

/** @throws WrongOption */
export function benchOptions(args: string[]): BenchOptions {
  const options = roundOptions(args, PARTS, { rounds: 15, seconds: 4 }, ['cpu-prof']);
  return { ...options, profileFolder: options.own['cpu-prof'] ?? null };
}
