import type { Command } from 'commander';
import type { ApiClient, ApiObject } from './api-client.js';
import { CliError, type CliIo } from './cli-io.js';

/** `baseline approve|add|show`: what a running service compares with. */
export function register(program: Command, io: CliIo): void {
  const baseline = program.command('baseline').description('what a running service compares with');
  baseline
    .command('approve')
    .description('make a snapshot the new baseline')
    .argument('[snapshot]', 'id of the snapshot; the newest when left out')
    .option('--tenant <tenant>', 'the tenant, where the service watches several')
    .requiredOption('--reason <reason>', 'why, for the audit trail')
    .action((snapshot: string | undefined, options: { tenant?: string; reason: string }) =>
      approve(snapshot, options, io),
    );
  baseline
    .command('add')
    .description('take single changes into the baseline')
    .argument('<changes...>', 'ids of the changes')
    .requiredOption('--reason <reason>', 'why, for the audit trail')
    .action((changes: string[], { reason }: { reason: string }) => add(changes, reason, io));
  baseline
    .command('show')
    .description('the baseline in force')
    .option('--tenant <tenant>', 'the tenant, where the service watches several')
    .action(async ({ tenant }: { tenant?: string }) => {
      const { ApiClient } = await import('./api-client.js');
      const [newest] = await ApiClient.fromEnvironment(io).list('/drift/baselines', { tenant }, 1);
      if (newest === undefined) throw new CliError('no baseline has been approved yet');
      io.out(`${JSON.stringify(newest, null, 2)}\n`);
    });
}

async function approve(
  snapshot: string | undefined,
  { tenant, reason }: { tenant?: string; reason: string },
  io: CliIo,
): Promise<void> {
  const { ApiClient } = await import('./api-client.js');
  const client = ApiClient.fromEnvironment(io);
  const { newestSnapshot } = await import('./snapshot-commands.js');
  const found =
    snapshot === undefined
      ? await newestSnapshot(client, tenant)
      : await client.get(`/drift/snapshots/${encodeURIComponent(snapshot)}`);
  const body = { snapshotId: String(found['id']), reason };
  const version = await versionInForce(client, found['tenantId']);
  const approved =
    version === null
      ? await client.post('/drift/baselines', body)
      : await client.postAt('/drift/baselines', body, version);
  io.out(`${JSON.stringify(approved, null, 2)}\n`);
}

async function add(changeIds: string[], reason: string, io: CliIo): Promise<void> {
  const { ApiClient } = await import('./api-client.js');
  const client = ApiClient.fromEnvironment(io);
  const [first = ''] = changeIds;
  const { tenantId } = await client.get(`/drift/changes/${encodeURIComponent(first)}`);
  const version = await versionInForce(client, tenantId);
  if (version === null) throw new CliError('no baseline has been approved yet');
  const approved = await client.postAt('/drift/baselines/changes', { changeIds, reason }, version);
  io.out(`${JSON.stringify(approved, null, 2)}\n`);
}

/** What an approval has to name; null where the tenant has no baseline yet. */
async function versionInForce(client: ApiClient, tenantId: ApiObject[string]): Promise<number | null> {
  if (typeof tenantId !== 'string') throw new CliError('the service answered without the id of the tenant');
  const [newest] = await client.list('/drift/baselines', { tenant: tenantId }, 1);
  const version = newest?.['version'];
  return typeof version === 'number' ? version : null;
}
