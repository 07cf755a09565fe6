import { Command, CommanderError } from 'commander';
import { ExportError } from '../../drift/import/export-error.js';
import { printable } from '../../drift/report/printable.js';
import { register as registerAudit } from './audit-commands.js';
import { register as registerBaseline } from './baseline-commands.js';
import { CliError, type CliIo } from './cli-io.js';
import { register as registerControls } from './controls-commands.js';
import { register as registerDriftApi } from './drift-api-commands.js';
import { register as registerDriftCompare } from './drift-compare-command.js';
import { register as registerDriftRules } from './drift-rules-commands.js';
import { register as registerRbac } from './rbac-commands.js';
import { register as registerSnapshot } from './snapshot-commands.js';

/** Adds commands to the program; the heavy parts of a command are imported when it runs. */
export type RegisterCommands = (program: Command, io: CliIo) => void;

/**
 * Runs one command line (without node and script) and returns its exit code: 0 done, 1 drift or evidence that does not hold,
 * 2 an error, told in one line on `err`. Whatever else a program offers is passed as `more`.
 */
export async function runCli(args: string[], io: CliIo, more: RegisterCommands[] = []): Promise<number> {
  const program = new Command('blindspotx')
    .description('tells what changed in the identity configuration of a Microsoft Entra tenant')
    .showSuggestionAfterError(false);
  const drift = program.command('drift').description('what changed');
  registerDriftCompare(drift, io);
  registerDriftApi(drift, io);
  registerDriftRules(drift, io);
  registerBaseline(program, io);
  registerSnapshot(program, io);
  registerRbac(program, io);
  registerControls(program, io);
  registerAudit(program, io);
  for (const register of more) register(program, io);
  quieten(program, io);
  try {
    await program.parseAsync(args, { from: 'user' });
    return io.exitCode;
  } catch (error) {
    return failure(error, io);
  }
}

/** Help goes to the output, complaints become one line of ours. */
function quieten(command: Command, io: CliIo): void {
  command.exitOverride().configureOutput({ writeOut: io.out, writeErr: () => undefined });
  for (const child of command.commands) quieten(child, io);
}

function failure(error: unknown, io: CliIo): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  io.err(`blindspotx: ${oneLine(error)}\n`);
  return 2;
}

function oneLine(error: unknown): string {
  if (error instanceof CommanderError) {
    // Commander shows the whole help where a command is missing; one line has to do.
    if (error.code === 'commander.help') return 'which command? blindspotx --help lists them';
    return printable(error.message.replace(/^error: /, ''));
  }
  if (error instanceof ExportError || error instanceof CliError) return printable(error.message);
  return `something went wrong that shouldn't: ${printable(error instanceof Error ? error.message : String(error))}`;
}
