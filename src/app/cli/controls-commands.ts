import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BaselineVersion } from '../../drift/controls/evaluate-controls.js';
import type { CliIo } from './cli-io.js';

const FORMATS = ['text', 'json'] as const;

interface EvaluateOptions {
  format: (typeof FORMATS)[number];
  breakGlass: string[];
  baselineVersion?: BaselineVersion;
}

/** `controls evaluate`: the verdict of each control on an export; no database, no network. */
export function register(program: Command, io: CliIo): void {
  program
    .command('controls')
    .description('verdicts of the SCuBA controls')
    .command('evaluate')
    .description('the verdict of each control on an export, with what it hangs on')
    .argument('<export>', 'a ScubaGear, IntuneManagement, EntraExporter or blindspotx export')
    .addOption(new Option('--format <format>', 'how to write the verdicts').choices([...FORMATS]).default('text'))
    .addOption(
      new Option('--break-glass <ids...>', 'object ids that every control lets policies leave out').default([]),
    )
    .addOption(
      new Option(
        '--baseline-version <version>',
        "which version of CISA's policies; the newest when left out",
      ).argParser(baselineVersion),
    )
    .action((path: string, options: EvaluateOptions) => evaluate(path, options, io));
}

function baselineVersion(value: string): BaselineVersion {
  if (value === '0') return 0;
  if (value === '1') return 1;
  if (value === '2') return 2;
  throw new InvalidArgumentError('It is 0, 1 or 2.');
}

async function evaluate(
  path: string,
  { format, breakGlass, baselineVersion: baseline }: EvaluateOptions,
  io: CliIo,
): Promise<void> {
  const { readExport } = await import('../../drift/import/read-export.js');
  const { controlInput, sourceOf } = await import('../../drift/controls/control-input.js');
  const { evaluateBaseline } = await import('../../drift/controls/evaluate-controls.js');
  const { renderControlsJson, renderControlsText } = await import('../../drift/controls/render-controls.js');
  const input = controlInput(sourceOf(await readExport(path)), { breakGlassIds: new Set(breakGlass) });
  const results = evaluateBaseline(input, baseline);
  io.out(format === 'json' ? renderControlsJson(results) : renderControlsText(results));
}
