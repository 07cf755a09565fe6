/** An option that isn't there or has no sense: told in one sentence. */
export class WrongOption extends Error {}

const WRONG_USAGE = 2;

/** Runs a benchmark to its end; what fails ends with 1, what was asked wrongly with 2. */
export function runBenchmark(main: () => void | Promise<void>): void {
  Promise.resolve()
    .then(main)
    .catch((error: unknown) => {
      if (error instanceof WrongOption) {
        console.error(error.message);
        process.exitCode = WRONG_USAGE;
        return;
      }
      console.error(`The benchmark failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      process.exitCode = 1;
    });
}
