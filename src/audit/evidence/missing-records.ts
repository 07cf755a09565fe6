import type { LeafRange } from '../../crypto/merkle/subtrees.js';
import type { BundleQuestion, MissingRecords } from './evidence.types.js';

/** Of a bundle that leaves out every other record there are many: the first ones are named, all are counted. */
export const MAX_MISSING_RANGES = 100;

/** Notes what a bundle has and what it leaves out, as it is read from left to right. */
export class MissingCount {
  first: number | null = null;
  last: number | null = null;
  private count = 0;
  private readonly ranges: LeafRange[] = [];
  /** Where the run of left out records that was read last begins and ends. */
  private run: LeafRange | null = null;

  record(leafIndex: number): void {
    this.first ??= leafIndex;
    this.last = leafIndex;
  }

  hole({ from, to }: LeafRange): void {
    this.count += to - from;
    // A checkpoint can lie within a run; it is one all the same.
    const before = this.run;
    const goesOn = before !== null && before.to === from;
    this.run = { from: goesOn ? before.from : from, to };
    if (goesOn && this.ranges.at(-1) === before) this.ranges[this.ranges.length - 1] = this.run;
    else if (!goesOn && this.ranges.length < MAX_MISSING_RANGES) this.ranges.push(this.run);
  }

  get missing(): MissingRecords {
    return { count: this.count, ranges: this.ranges };
  }

  /**
   * The first records of the log that are missing. Whatever was asked for: nobody signed the question, and of a record that isn't there
   * nobody can tell whether it belongs to the answer.
   */
  get firstGap(): LeafRange | null {
    return this.ranges[0] ?? null;
  }
}

/** Whether every record of the log was asked for, by somebody who may read them all. */
export function isForEverything(asked: BundleQuestion | null): boolean {
  return asked?.everything === true && Object.keys(asked.filter).length === 0;
}
