import { type Command, InvalidArgumentError, Option } from 'commander';
import { printable } from '../../drift/report/printable.js';
import type { ApiObject } from './api-client.js';
import { CliError, type CliIo } from './cli-io.js';

/** The filters of the API: option, name there, meaning. */
const FILTERS = [
  ['--from <time>', 'from', 'records at or after this time (RFC 3339)'],
  ['--to <time>', 'to', 'records before this time (RFC 3339)'],
  ['--actor <id>', 'actor', 'who acted'],
  ['--action <action>', 'action', 'such as users.user.updated, or users.*'],
  ['--target <id>', 'target', 'what it was done to'],
  ['--target-type <type>', 'targetType', 'its kind, such as user'],
  ['--outcome <outcome>', 'outcome', 'success, denied or failure'],
  ['--request-id <id>', 'requestId', 'X-Request-Id of the request'],
  ['--trace-id <id>', 'traceId', 'W3C trace id'],
  ['--session <id>', 'session', 'the session that acted'],
  ['--tenant <id>', 'tenant', 'id of a watched tenant'],
  ['--source-address <address>', 'sourceAddress', 'where the request came from'],
  ['--q <text>', 'q', 'a text in the reason, the names, the target or the action'],
] as const;

type Filter = Partial<Record<(typeof FILTERS)[number][1], string>>;

interface SearchOptions extends Filter {
  limit: number;
  json?: true;
}

interface ExportOptions extends Filter {
  format: string;
  checkpoints?: string;
}

/** `audit search|export`: the trail of a running service through its API. */
export function registerAuditApi(audit: Command, io: CliIo): void {
  const search = audit.command('search').description('records of the audit trail of a running service, newest first');
  const toFile = audit
    .command('export')
    .description('the audit trail of a running service as one file, in the order of the log')
    .argument('<file>', 'where to write it');
  audit
    .command('stream')
    .description('where the audit trail is handed on to')
    .command('status')
    .option('--json', 'as JSON')
    .description('how far each stream of a running service has come, and what keeps it')
    .action((options: { json?: true }) => showStreams(options, io));
  for (const command of [search, toFile])
    for (const [flags, , description] of FILTERS) command.option(flags, description);
  search
    .option('--limit <count>', 'at most so many', wholeNumber, 100)
    .option('--json', 'as JSON, one record a line')
    .action((options: SearchOptions) => find(options, io));
  toFile
    .addOption(
      new Option('--format <format>', 'bundle is what audit verify checks')
        .choices(['bundle', 'ndjson', 'ocsf', 'csv'])
        .default('bundle'),
    )
    .option('--checkpoints <sizes>', 'sizes of checkpoints that are held elsewhere, for a bundle: 1000,2000')
    .action((file: string, options: ExportOptions) => exportTo(file, options, io));
}

async function clientOf(io: CliIo) {
  const { ApiClient } = await import('./api-client.js');
  return ApiClient.fromEnvironment(io);
}

function queryOf(options: Filter): Record<string, string | undefined> {
  return Object.fromEntries(FILTERS.map(([, name]) => [name, options[name]]));
}

async function find(options: SearchOptions, io: CliIo): Promise<void> {
  const client = await clientOf(io);
  const records = await client.list('/audit/events', queryOf(options), options.limit);
  for (const record of records) io.out(`${options.json === true ? JSON.stringify(record) : lineOf(record)}\n`);
}

async function showStreams(options: { json?: true }, io: CliIo): Promise<void> {
  const client = await clientOf(io);
  const { items } = await client.get('/audit/streams');
  if (options.json === true) return io.out(`${JSON.stringify(items, null, 2)}\n`);
  for (const { name, receiver, nextLeaf, lag, refusals, lastError, fault } of items as ApiObject[]) {
    const faults = [fault, lastError].filter((text) => typeof text === 'string' && text !== '');
    const words = [
      name,
      receiver ?? '-',
      `at ${nextLeaf}`,
      `${lag ?? '?'} behind`,
      `${refusals} refused`,
      ...new Set(faults),
    ];
    io.out(`${words.map((word) => printable(String(word))).join('  ')}\n`);
  }
}

/** When, what, with which outcome, who, to what, why. */
function lineOf(record: ApiObject): string {
  const member = (value: unknown, name: string): string => {
    const found = typeof value === 'object' && value !== null ? (value as ApiObject)[name] : undefined;
    return typeof found === 'string' ? found : '';
  };
  const named = (value: unknown): string => member(value, 'displayName') || member(value, 'id') || '-';
  const words = [
    member(record, 'occurredAt'),
    member(record, 'action'),
    member(record, 'outcome'),
    named(record['actor']),
    record['target'] === null ? '-' : `${member(record['target'], 'type')} ${named(record['target'])}`,
    member(record, 'reason'),
  ];
  return words
    .map((word) => printable(word))
    .join('  ')
    .trimEnd();
}

async function exportTo(file: string, options: ExportOptions, io: CliIo): Promise<void> {
  const { createWriteStream } = await import('node:fs');
  const { rename, rm } = await import('node:fs/promises');
  const { Readable } = await import('node:stream');
  const { pipeline } = await import('node:stream/promises');
  const client = await clientOf(io);
  const { format, checkpoints } = options;
  const body = await client.stream('/audit/export', { ...queryOf(options), format, checkpoints });
  // Under another name until it is whole, so that a broken download never looks like an export.
  const partial = `${file}.partial`;
  try {
    await pipeline(Readable.from(body), createWriteStream(partial, { mode: 0o600 }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw new CliError(`${file} can't be written: ${error instanceof Error ? error.message : String(error)}`);
  }
  io.out(`${file} holds the audit trail as ${format}\n`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return value;
}
