import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ServiceProcess {
  url: string;
  pid: number;
  /** SIGTERM, then wait until it has drained. */
  stop(): Promise<void>;
  /** Resolves when the process ends by itself. */
  ended: Promise<number | null>;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const KEPT_LINES = 40;

/**
 * Starts the built service as a process of its own and waits until it says that it is ready.
 *
 * @param env settings of the service; PORT and PUBLIC_URL among them
 * @param interrupted ends it while it starts
 * @throws Error with the last lines of its log when it ends or stays silent
 */
export async function startServiceProcess(
  env: Record<string, string>,
  interrupted: AbortSignal,
): Promise<ServiceProcess> {
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const interrupt = () => child.kill('SIGTERM');
  interrupted.addEventListener('abort', interrupt);
  const lastLines: string[] = [];
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const keep = (line: string) => {
    lastLines.push(line);
    if (lastLines.length > KEPT_LINES) lastLines.shift();
  };
  const ready = new Promise<string>((found) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      keep(line);
      const url = readyUrl(line);
      if (url !== null) found(url);
    });
    createInterface({ input: child.stderr }).on('line', keep);
  });
  let patience: NodeJS.Timeout | undefined;
  const silent = new Promise<never>((_ready, lost) => {
    patience = setTimeout(() => {
      child.kill('SIGKILL');
      lost(new Error(`The service was not ready after ${START_TIMEOUT_MS / 1000} s:\n${lastLines.join('\n')}`));
    }, START_TIMEOUT_MS);
  });
  const endedEarly = ended.then((code) =>
    Promise.reject(new Error(`The service ended with ${code}:\n${lastLines.join('\n')}`)),
  );
  // Once it is ready nobody waits for this rejection any more; whoever cares watches `ended`.
  endedEarly.catch(() => undefined);
  // The timer must not outlive the start: it would kill the service that it watched over.
  const url = await Promise.race([ready, endedEarly, silent]).finally(() => {
    clearTimeout(patience);
    interrupted.removeEventListener('abort', interrupt);
  });
  return { url, pid: child.pid ?? 0, ended, stop: () => stop(child, ended) };
}

function readyUrl(line: string): string | null {
  if (!line.includes('"ready"')) return null;
  try {
    const { message, url } = JSON.parse(line) as { message?: string; url?: string };
    return message === 'ready' && url !== undefined ? url : null;
  } catch {
    return null;
  }
}

async function stop(child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await Promise.race([ended, silence(STOP_TIMEOUT_MS).then(() => child.kill('SIGKILL'))]);
}

function silence(milliseconds: number): Promise<void> {
  return new Promise((over) => setTimeout(over, milliseconds).unref());
}
