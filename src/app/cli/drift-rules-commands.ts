import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { CliError, type CliIo } from './cli-io.js';

/** `drift rules validate`: whether a file of rules, or of what a tenant says of them, can be used; no database, no network. */
export function register(drift: Command, io: CliIo): void {
  drift
    .command('rules')
    .description('the rules that give changes their severity')
    .command('validate')
    .description('check a YAML file of rules, or of overrides of them')
    .argument('<file>', 'a list of rules (with "id") or of overrides (with "rule")')
    .action((file: string) => validate(file, io));
}

async function validate(file: string, io: CliIo): Promise<void> {
  const { loadRules, parseRules, RuleFileError } = await import('../../drift/classify/load-rules.js');
  const { parseOverrides } = await import('../../drift/overrides/parse-overrides.js');
  const yaml = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CliError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  });
  try {
    if (/^\s*-\s*\{?\s*rule\s*:/m.test(yaml)) {
      const overrides = parseOverrides(file, yaml, loadRules(), new Date());
      io.out(`${file}: ${overrides.length} overrides, all good\n`);
      return;
    }
    io.out(`${file}: ${parseRules(file, yaml).length} rules, all good\n`);
  } catch (error) {
    if (!(error instanceof RuleFileError)) throw error;
    io.err(`${error.message}\n`);
    io.exitCode = 1;
  }
}
