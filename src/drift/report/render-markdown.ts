import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { type DriftReportDocument, type ReportedChange, SEVERITIES } from './drift-report.types.js';
import { changeInWords, notShown, printable, shortValue, whyNotAssessed, withoutLinks } from './printable.js';

/** For a ticket or a pull request: a summary and one table row a change. */
export function renderMarkdown(report: DriftReportDocument, omitted: number): string {
  const counts = SEVERITIES.map((severity) => `${report.summary[severity]} ${severity}`).join(', ');
  const lines = ['# Configuration drift', '', `${report.changes.length + omitted} changes: ${counts}.`, ''];
  if (report.changes.length > 0) {
    lines.push('| severity | direction | object | change | meaning | rules |', '|---|---|---|---|---|---|');
    for (const change of report.changes) lines.push(row(change));
    lines.push('');
  }
  if (omitted > 0) lines.push(notShown(omitted), '');
  const moved = report.controls.filter(({ before, after }) => before !== after);
  if (moved.length > 0) {
    lines.push('## Controls', '', ...moved.map(({ id, before, after }) => `- ${id}: ${before} -> ${after}`), '');
  }
  if (report.incomplete.length > 0) {
    lines.push('## Not assessed', '');
    lines.push(...report.incomplete.map((one) => `- \`${one.resourceType}\`: ${words(whyNotAssessed(one))}`), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function row(change: ReportedChange): string {
  const object = `${RESOURCE_TYPE_CATALOGUE[change.resourceType].title} ${code(shortValue(change.displayName ?? change.resourceKey))}`;
  const did =
    change.changeType === 'modified'
      ? `${code(shortValue(change.path))}: ${code(changeInWords(change.before, change.after))}`
      : `${change.changeType}: ${code(shortValue(change.after ?? change.before))}`;
  const cells = [
    change.severity,
    change.direction,
    object,
    did,
    words(change.title),
    [...change.rules, ...change.references].join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/**
 * A tenant's text as code in a cell: nobody makes a link, a mention or markup of that. Its fence is longer than any in it, and a bar
 * is escaped as tables want it; behind a backslash, which would escape the escape, it stands as its number.
 */
function code(text: string): string {
  const shown = printable(text)
    .replace(/(?<=\\)\|/g, '\\u007c')
    .replaceAll('|', '\\|');
  let longest = 0;
  for (const [run] of shown.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(1 + longest);
  // A space goes off each side again if both are there; text of nothing else would be no code.
  return shown.trim() === '' ? '(empty)' : `${fence} ${shown} ${fence}`;
}

/** A sentence of ours that a tenant's names are part of: nothing that these could start, be it markup, a link or a further cell. */
function words(text: string): string {
  return withoutLinks(printable(text))
    .replace(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
