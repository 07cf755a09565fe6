import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What one run of a load generator did. */
export interface LoadResult {
  /** Answers that came with a 2xx status. */
  succeeded: number;
  /** Every other answer and every broken connection, by what it was: a run that has any is no measurement. */
  failures: Record<string, number>;
  /** First to last request. */
  seconds: number;
}

/** A load generator in a process of its own, so that its work never waits for ours. It gets jobs one at a time. */
export class LoadGenerator<Job extends object, Result extends LoadResult> {
  private readonly child: ChildProcess;

  /** @param script a file of this folder that calls `answerJobs` */
  constructor(script: string) {
    this.child = fork(fileURLToPath(new URL(`${script}.js`, import.meta.url)), { serialization: 'advanced' });
  }

  run(job: Job): Promise<Result> {
    return new Promise((done, failed) => {
      const ended = (code: number | null) => failed(new Error(`the load generator ended with ${code}`));
      this.child.once('exit', ended);
      this.child.once('message', (answer: { result: Result } | { error: string }) => {
        this.child.off('exit', ended);
        if ('error' in answer) failed(new Error(answer.error));
        else done(answer.result);
      });
      this.child.send(job);
    });
  }

  stop(): void {
    this.child.disconnect();
  }
}

/** The other end: called once by a load generator's script. */
export function answerJobs<Job>(work: (job: Job) => Promise<LoadResult>): void {
  process.on('message', (job: Job) => {
    work(job).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
    );
  });
}
