import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/** Runs until its input ends. In a process of its own: Jest's sandbox can't load the package that brings PostgreSQL. */
const SCRIPT = `
  const [, from, options] = process.argv;
  const { startEmbeddedPostgres } = await import(from);
  const server = await startEmbeddedPostgres(JSON.parse(options));
  console.log(server.url);
  for await (const _ of process.stdin);
  await server.stop();
`;

export interface OwnPostgres {
  url: string;
  stop(): Promise<void>;
}

/** A PostgreSQL with nothing in it, for tests that look at a whole server. @param settings `name=value` each */
export async function startOwnPostgres(settings: string[]): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-own-'));
  // PostgreSQL runs under an account of its own when this runs as root, and has to get through to its folder.
  chmodSync(folder, 0o711);
  const from = pathToFileURL(join(process.cwd(), 'dist/src/database/embedded-postgres.js')).href;
  const options = JSON.stringify({ dir: join(folder, 'data'), dieWithParent: true, settings });
  const keeper = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, from, options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(keeper, 'exit');
  const lines = createInterface({ input: keeper.stdout });
  const [url] = (await Promise.race([once(lines, 'line'), ended])) as [unknown];
  if (typeof url !== 'string') throw new Error('PostgreSQL did not start');
  return {
    url,
    stop: async () => {
      keeper.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
