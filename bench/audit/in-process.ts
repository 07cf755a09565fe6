import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Layout } from '../auth/cores.js';

/**
 * Runs one job in a process of its own on the servers' core.
 *
 * @param script a file of bench/ that calls `answerJob`, without its ending
 */
export async function inProcess<Job extends object, Result>(layout: Layout, script: string, job: Job): Promise<Result> {
  const file = fileURLToPath(new URL(`../${script}.js`, import.meta.url));
  const { command, args } = layout.serverCommand([file]);
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${script} ended with ${code ?? signal}`);
  });
  ended.catch(() => undefined);
  child.send(job);
  const [result] = (await Promise.race([once(child, 'message'), ended])) as [Result];
  child.kill('SIGKILL');
  return result;
}

/** The other end: called once by the script. */
export function answerJob<Job, Result>(work: (job: Job) => Promise<Result>): void {
  process.once('message', (job: Job) => {
    work(job).then(
      (result) => process.send?.(result),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  });
  // Whoever started this may end in any way.
  process.once('disconnect', () => process.exit());
}
