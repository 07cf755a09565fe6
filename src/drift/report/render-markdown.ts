import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { type DriftReportDocument, type ReportedChange, SEVERITIES } from './drift-report.types.js';
import { changeInWords, printable, shortValue, whyNotAssessed } from './printable.js';

/** For a ticket or a pull request: a summary and one table row a change. */
export function renderMarkdown(report: DriftReportDocument): string {
  const counts = SEVERITIES.map((severity) => `${report.summary[severity]} ${severity}`).join(', ');
  const lines = ['# Configuration drift', '', `${report.changes.length} changes: ${counts}.`, ''];
  if (report.changes.length > 0) {
    lines.push('| severity | direction | object | change | meaning | rules |', '|---|---|---|---|---|---|');
    lines.push(...report.changes.map(row), '');
  }
  const moved = report.controls.filter(({ before, after }) => before !== after);
  if (moved.length > 0) {
    lines.push('## Controls', '', ...moved.map(({ id, before, after }) => `- ${id}: ${before} -> ${after}`), '');
  }
  if (report.incomplete.length > 0) {
    lines.push('## Not assessed', '');
    lines.push(...report.incomplete.map((one) => `- \`${one.resourceType}\`: ${cell(whyNotAssessed(one))}`), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function row(change: ReportedChange): string {
  const object = `${RESOURCE_TYPE_CATALOGUE[change.resourceType].title} **${cell(change.displayName ?? change.resourceKey)}**`;
  const did =
    change.changeType === 'modified'
      ? `${cell(change.path)}: ${cell(changeInWords(change.before, change.after))}`
      : `${change.changeType}: ${cell(shortValue(change.after ?? change.before))}`;
  const cells = [
    change.severity,
    change.direction,
    object,
    did,
    cell(change.title),
    [...change.rules, ...change.references].join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Nothing that a tenant's text could start: no markup, link, image or further cell. */
function cell(text: string): string {
  return printable(text)
    .replace(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
