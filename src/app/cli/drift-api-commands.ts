import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CHANGE_STATE_NAMES, SEVERITIES } from '../../drift/report/drift-report.types.js';
import { printable } from '../../drift/report/printable.js';
import type { ApiClient, ApiObject } from './api-client.js';
import { CliError, type CliIo } from './cli-io.js';
import { type ListOptions, list, typesNotAssessed } from './drift-list.js';

const POLL_MS = 1000;
const UNFINISHED = ['pending', 'running'];

/** `drift scan|list|show|accept|ignore|deny|reopen`: through the API of a running service. */
export function register(drift: Command, io: CliIo): void {
  drift
    .command('scan')
    .description(
      'start a scan of a running service; exit 0 once it is asked for (with --wait: completed), 2 when it fails',
    )
    .option('--tenant <tenant>', 'the tenant, where the service watches several')
    .option('--wait', 'until the scan has ended')
    .action((options: { tenant?: string; wait?: true }) => scan(options, io));
  drift
    .command('list')
    .description('the changes that a running service knows, and what it could not assess')
    .option('--tenant <tenant>', 'only of this one')
    .addOption(new Option('--state <state>', 'only these').choices([...CHANGE_STATE_NAMES]))
    .addOption(new Option('--substate <substate>', 'only these').choices(['new', 'ongoing', 'regressed']))
    .addOption(new Option('--severity <level>', 'only these').choices([...SEVERITIES]))
    .option('--limit <count>', 'at most so many', wholeNumber, 100)
    .option('--json', 'as JSON')
    .action(async (options: ListOptions) => list(options, await clientOf(io), io));
  drift
    .command('show')
    .description('one change in full')
    .argument('<id>', 'id of the change')
    .action(async (id: string) => {
      const client = await clientOf(io);
      io.out(`${JSON.stringify(await client.get(`/drift/changes/${encodeURIComponent(id)}`), null, 2)}\n`);
    });
  drift
    .command('remediation')
    .description('how changes are undone: requests to Microsoft Graph, handed over and not sent')
    .argument('[ids...]', 'ids of the changes')
    .option('--report <id>', 'of all open changes of this report instead')
    .addOption(
      new Option('--format <format>', 'how to write the plan').choices(['text', 'json', 'powershell']).default('text'),
    )
    .action((ids: string[], options: { report?: string; format: string }) => remediation(ids, options, io));
  for (const decision of ['accept', 'ignore', 'deny', 'reopen'] as const) {
    const command = drift
      .command(decision)
      .description(`${decision} a change`)
      .argument('<id>', 'id of the change')
      .requiredOption('--reason <reason>', 'why, for the audit trail');
    if (decision === 'accept' || decision === 'ignore')
      command.option('--until <time>', 'RFC 3339: when the decision ends', instant);
    command.action((id: string, options: { reason: string; until?: string }) => decide(id, decision, options, io));
  }
}

async function clientOf(io: CliIo) {
  const { ApiClient } = await import('./api-client.js');
  return ApiClient.fromEnvironment(io);
}

async function scan({ tenant, wait }: { tenant?: string; wait?: true }, io: CliIo): Promise<void> {
  const client = await clientOf(io);
  const { id } = await client.post('/drift/scans', tenant === undefined ? {} : { tenant });
  if (typeof id !== 'string') throw new CliError('the service answered without the id of the scan');
  if (wait === undefined) {
    io.out(`${id}\n`);
    return;
  }
  const found = await ended(client, id, io);
  const status = printable(String(found['status']));
  io.out(`${id} ${status}\n`);
  if (status !== 'completed') throw new CliError(`the scan ${id} has ${status}: ${reasonOf(found)}`);
  const { reportId } = found;
  if (typeof reportId !== 'string') return;
  const report = await client.get(`/drift/reports/${encodeURIComponent(reportId)}`);
  for (const gap of typesNotAssessed(report)) io.out(`${gap}\n`);
}

/** What fails is tried again for minutes: whoever waits is told why meanwhile. */
async function ended(client: ApiClient, id: string, io: CliIo): Promise<ApiObject> {
  let told = 0;
  for (;;) {
    const found = await client.get(`/drift/scans/${encodeURIComponent(id)}`);
    const { status, attempts, reason } = found;
    if (!UNFINISHED.includes(String(status))) return found;
    if (status === 'pending' && typeof reason === 'string' && Number(attempts) > told) {
      told = Number(attempts);
      io.err(`blindspotx: attempt ${told} of the scan ${id} failed and will be made again: ${printable(reason)}\n`);
    }
    await sleep(POLL_MS);
  }
}

function reasonOf({ reason, status }: ApiObject): string {
  if (typeof reason === 'string') return printable(reason);
  return status === 'missed' ? 'no instance ran it in time' : 'the service gives no reason';
}

async function remediation(
  ids: string[],
  { report, format }: { report?: string; format: string },
  io: CliIo,
): Promise<void> {
  if (ids.length > 0 === (report !== undefined)) throw new CliError('name changes or a report, one of the two');
  const client = await clientOf(io);
  const about = report === undefined ? { change: ids.join(',') } : { report };
  if (format === 'json') {
    io.out(`${JSON.stringify(await client.get('/drift/remediation', about), null, 2)}\n`);
    return;
  }
  io.out(await client.text('/drift/remediation', { ...about, format }));
}

async function decide(
  id: string,
  decision: 'accept' | 'ignore' | 'deny' | 'reopen',
  { reason, until }: { reason: string; until?: string },
  io: CliIo,
): Promise<void> {
  const client = await clientOf(io);
  const body = until === undefined ? { reason } : { reason, until };
  const path = `/drift/changes/${encodeURIComponent(id)}`;
  const { version } = await client.get(path);
  if (typeof version !== 'number') throw new CliError('the service answered without the version of the change');
  const change = await client.postAt(`${path}/${decision}`, body, version);
  io.out(`${id} ${printable(String(change['state'] ?? decision))}\n`);
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 100_000)
    throw new InvalidArgumentError('a number from 1 to 100000 is expected');
  return number;
}

function instant(value: string): string {
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new InvalidArgumentError('a time such as 2030-01-31T00:00:00Z is expected');
  return new Date(time).toISOString();
}
