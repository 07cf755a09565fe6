import { type Command, Option } from 'commander';
import type { DriftRule } from '../../drift/classify/rule.types.js';
import { SEVERITIES, type Severity } from '../../drift/report/drift-report.types.js';
import { REPORT_FORMATS, type ReportFormat } from '../../drift/report/report-formats.js';
import { CliError, type CliIo } from './cli-io.js';

interface CompareOptions {
  format: ReportFormat;
  failOn: Severity;
  overrides?: string;
}

/** `drift compare`: two exports, no database, no network. */
export function register(drift: Command, io: CliIo): void {
  drift
    .command('compare')
    .description('compare two exports of a tenant, without a server')
    .argument('<before>', 'a ScubaGear, IntuneManagement, EntraExporter or blindspotx export')
    .argument('<after>', 'the later export, of any of these kinds')
    .addOption(new Option('--format <format>', 'how to write the report').choices([...REPORT_FORMATS]).default('text'))
    .addOption(new Option('--fail-on <level>', 'exit 1 from this severity on').choices([...SEVERITIES]).default('info'))
    .option('--overrides <file>', 'rules that hold otherwise than they come, as YAML')
    .action((before: string, after: string, options: CompareOptions) => compare(before, after, options, io));
}

async function compare(
  before: string,
  after: string,
  { format, failOn, overrides }: CompareOptions,
  io: CliIo,
): Promise<void> {
  const { renderReport } = await import('../../drift/report/render-report.js');
  const { compareExports } = await import('../../drift/import/compare-exports.js');
  const { isAtLeast } = await import('../../drift/report/summarise-changes.js');
  const rules = overrides === undefined ? undefined : await overriddenRules(overrides);
  const { report, warnings } = await compareExports(before, after, rules);
  for (const warning of warnings) io.err(`blindspotx: note: ${warning}\n`);
  io.out(renderReport(report, format, io.colour));
  io.exitCode = report.changes.some((change) => isAtLeast(change.severity, failOn)) ? 1 : 0;
}

async function overriddenRules(file: string): Promise<DriftRule[]> {
  const { readOverriddenRules } = await import('../../drift/overrides/read-overridden-rules.js');
  return readOverriddenRules(file, new Date()).catch((error: unknown) => {
    throw new CliError(error instanceof Error ? error.message : String(error));
  });
}
