import { type RoundOptions, roundOptions } from '../rounds/round-options.js';

const PARTS = ['mutation', 'append', 'seal', 'verify', 'proof'] as const;
export type PartName = (typeof PARTS)[number];
export type BenchOptions = RoundOptions<PartName>;

/** @throws WrongOption */
export const benchOptions = (args: string[]): BenchOptions => roundOptions(args, PARTS, { rounds: 5, seconds: 3 });
