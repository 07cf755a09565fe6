import type { Command } from 'commander';
import { CliError } from './cli-io.js';

/** `controls evaluate`: announced, so that scripts get a word and exit code 2 instead of "unknown command". */
export function register(program: Command): void {
  program
    .command('controls')
    .description('verdicts of the SCuBA controls')
    .command('evaluate')
    .description('the verdict of each control on an export (not implemented yet)')
    .argument('<export>', 'an export')
    .option('--format <format>', 'text or json')
    .action(() => {
      throw new CliError("controls evaluate isn't implemented yet");
    });
}
