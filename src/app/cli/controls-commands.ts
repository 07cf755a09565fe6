import { type Command, Option } from 'commander';
import type { CliIo } from './cli-io.js';

const FORMATS = ['text', 'json'] as const;

interface EvaluateOptions {
  format: (typeof FORMATS)[number];
  breakGlass: string[];
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
    .action((path: string, options: EvaluateOptions) => evaluate(path, options, io));
}

async function evaluate(path: string, { format, breakGlass }: EvaluateOptions, io: CliIo): Promise<void> {
  const { readExport } = await import('../../drift/import/read-export.js');
  const { controlInput, sourceOf } = await import('../../drift/controls/control-input.js');
  const { evaluateControls } = await import('../../drift/controls/evaluate-controls.js');
  const { renderControlsJson, renderControlsText } = await import('../../drift/controls/render-controls.js');
  const input = controlInput(sourceOf(await readExport(path)), { breakGlassIds: new Set(breakGlass) });
  const results = evaluateControls(input);
  io.out(format === 'json' ? renderControlsJson(results) : renderControlsText(results));
}
