/**
 * How many rounds a slow proof takes, or whether it waits for what can be hurried: the short form in every run of the tests, the
 * whole one by `npm run prove`, which finds its files by the call of this.
 */
export function proofSize(short: number, whole: number): number;
export function proofSize(short: boolean, whole: boolean): boolean;
export function proofSize<T>(short: T, whole: T): T {
  return process.env['PROOFS'] === 'whole' ? whole : short;
}
