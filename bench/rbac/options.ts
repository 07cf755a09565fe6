import { type RoundOptions, roundOptions } from '../rounds/round-options.js';

const PARTS = ['process', 'http', 'cerbos', 'bulk', 'load', 'change', 'revoke'] as const;
export type PartName = (typeof PARTS)[number];
export type BenchOptions = RoundOptions<PartName>;

/** @throws WrongOption */
export const benchOptions = (args: string[]): BenchOptions => roundOptions(args, PARTS, { rounds: 9, seconds: 3 });
