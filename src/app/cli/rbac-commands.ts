import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { printable } from '../../drift/report/printable.js';
import { type ApiObject, isApiObject } from './api-client.js';
import { CliError, type CliIo } from './cli-io.js';

/** So many people are listed; the answer has more. */
const LISTED = 20;

/** `rbac export|plan|apply`: roles, constraints and mappings of a running service as one document. */
export function register(program: Command, io: CliIo): void {
  const rbac = program.command('rbac').description('who may do what, as one document');
  rbac
    .command('export')
    .description('the roles, constraints and mappings of a running service')
    .argument('[file]', 'where to write them; the output when left out')
    .action((file: string | undefined) => exportDocument(file, io));
  rbac
    .command('plan')
    .description('what applying a document would change, and whose access: exit code 1 when it changes anything')
    .argument('<file>', 'the document')
    .action((file: string) => plan(file, io));
  rbac
    .command('apply')
    .description('apply a document; without --yes only its plan is shown')
    .argument('<file>', 'the document')
    .option('--yes', 'do what the plan says')
    .action((file: string, { yes }: { yes?: true }) => apply(file, yes === true, io));
}

async function clientOf(io: CliIo) {
  const { ApiClient } = await import('./api-client.js');
  return ApiClient.fromEnvironment(io);
}

async function exportDocument(file: string | undefined, io: CliIo): Promise<void> {
  const client = await clientOf(io);
  const text = await new Response(await client.stream('/rbac/document')).text();
  if (file === undefined) {
    io.out(text);
    return;
  }
  const partial = `${file}.partial`;
  try {
    await writeFile(partial, text, { mode: 0o600 });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw new CliError(`${file} can't be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function plan(file: string, io: CliIo): Promise<void> {
  const planned = await (await clientOf(io)).post('/rbac/document/plan', { document: read(file) });
  show(planned, io);
  if (objects(planned['changes']).length > 0) io.exitCode = 1;
}

async function apply(file: string, isAgreed: boolean, io: CliIo): Promise<void> {
  const client = await clientOf(io);
  const document = read(file);
  const planned = await client.post('/rbac/document/plan', { document });
  show(planned, io);
  if (objects(planned['changes']).length === 0) return;
  if (!isAgreed) {
    io.out('Nothing was changed. Run it again with --yes to apply this.\n');
    io.exitCode = 1;
    return;
  }
  const { changes } = await client.post('/rbac/document/apply', { document, revision: String(planned['revision']) });
  io.out(`${objects(changes).length} changes were applied.\n`);
}

/** @throws CliError when applying would be refused */
function show(planned: ApiObject, io: CliIo): void {
  const changes = objects(planned['changes']);
  if (changes.length === 0) io.out('No changes.\n');
  for (const change of changes) {
    io.out(`${cell(change, 'action').padEnd(6)}  ${cell(change, 'kind').padEnd(10)}  ${cell(change, 'name')}\n`);
  }
  const { refusal } = planned;
  if (isApiObject(refusal))
    throw new CliError(`it would be refused: ${cell(refusal, 'detail')} (${cell(refusal, 'code')})`);
  for (const violated of objects(planned['violations'])) {
    io.out(`${cell(violated, 'subjects')} violate "${cell(violated, 'constraint')}" already\n`);
  }
  const affected = objects(planned['affected']);
  for (const person of affected.slice(0, LISTED)) {
    io.out(
      `${cell(person, 'displayName')}: ${[...differences('+', person['gains']), ...differences('-', person['loses'])].join(' ')}\n`,
    );
  }
  const more = Number(planned['affectedTotal'] ?? 0) - Math.min(affected.length, LISTED);
  if (more > 0) io.out(`and ${more} more whose access changes\n`);
}

function differences(sign: '+' | '-', list: unknown): string[] {
  return objects(list).map((difference) => `${sign}${cell(difference, 'permission')}@${cell(difference, 'scope')}`);
}

function cell(object: ApiObject, name: string): string {
  return printable(String(object[name] ?? ''));
}

function objects(list: unknown): ApiObject[] {
  return Array.isArray(list) ? list.filter(isApiObject) : [];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
