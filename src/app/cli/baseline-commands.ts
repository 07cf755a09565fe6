import type { Command } from 'commander';
import { CliError, type CliIo } from './cli-io.js';

/** `baseline approve|show`: what a running service compares with. */
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
  const { newestSnapshotId } = await import('./snapshot-commands.js');
  const snapshotId = snapshot ?? (await newestSnapshotId(client, tenant));
  const baseline = await client.post('/drift/baselines', { snapshotId, reason });
  io.out(`${JSON.stringify(baseline, null, 2)}\n`);
}
