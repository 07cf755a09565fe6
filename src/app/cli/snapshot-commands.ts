import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { ApiClient, ApiObject } from './api-client.js';
import { CliError, type CliIo } from './cli-io.js';

/** `snapshot export`: the newest snapshot of a running service as one file that `drift compare` reads. */
export function register(program: Command, io: CliIo): void {
  const snapshot = program.command('snapshot').description('what a running service has collected');
  snapshot
    .command('export')
    .description('the newest snapshot as one file')
    .argument('<file>', 'where to write it')
    .option('--tenant <tenant>', 'the tenant, where the service watches several')
    .action((file: string, { tenant }: { tenant?: string }) => exportNewest(file, tenant, io));
}

export async function newestSnapshot(client: ApiClient, tenant: string | undefined): Promise<ApiObject> {
  const [newest] = await client.list('/drift/snapshots', { tenant }, 1);
  if (typeof newest?.['id'] !== 'string') throw new CliError('the service has no snapshot yet');
  return newest;
}

async function exportNewest(file: string, tenant: string | undefined, io: CliIo): Promise<void> {
  const { ApiClient } = await import('./api-client.js');
  const client = ApiClient.fromEnvironment(io);
  const id = String((await newestSnapshot(client, tenant))['id']);
  const body = await client.stream(`/drift/snapshots/${encodeURIComponent(id)}/export`);
  // Under another name until it is whole, so that a broken download never looks like an export.
  const partial = `${file}.partial`;
  try {
    await pipeline(Readable.from(body), createWriteStream(partial, { mode: 0o600 }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw new CliError(`${file} can't be written: ${error instanceof Error ? error.message : String(error)}`);
  }
  io.out(`${file} holds snapshot ${id}\n`);
}
