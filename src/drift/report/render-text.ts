import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { type DriftReportDocument, type ReportedChange, SEVERITIES, type Severity } from './drift-report.types.js';
import { changeInWords, notShown, printable, shortValue, whyNotAssessed } from './printable.js';

const COLOURS: Record<Severity, string> = {
  critical: '\u001b[1;97;41m',
  high: '\u001b[1;31m',
  medium: '\u001b[33m',
  low: '\u001b[36m',
  info: '\u001b[2m',
};
const RESET = '\u001b[0m';

/** For a terminal: worst first, the changes of an object together. */
export function renderText(report: DriftReportDocument, omitted: number, colour: boolean): string {
  const paint = (text: string, severity: Severity) => (colour ? `${COLOURS[severity]}${text}${RESET}` : text);
  const lines = [headline(report, omitted, paint), ''];
  for (const severity of SEVERITIES) {
    const changes = report.changes.filter((change) => change.severity === severity);
    for (const object of byObject(changes)) lines.push(objectLines(object, severity, paint).join('\n'), '');
  }
  if (omitted > 0) lines.push(notShown(omitted), '');
  const moved = report.controls.filter(({ before, after }) => before !== after);
  if (moved.length > 0) {
    lines.push('Controls:', ...moved.map(({ id, before, after }) => `  ${id} ${before} -> ${after}`), '');
  }
  if (report.incomplete.length > 0) {
    lines.push('Not assessed (says nothing about drift either way):');
    lines.push(...report.incomplete.map((one) => `  ${one.resourceType}: ${printable(whyNotAssessed(one))}`));
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

type Paint = (text: string, severity: Severity) => string;

function headline({ summary, changes, complete }: DriftReportDocument, omitted: number, paint: Paint): string {
  if (changes.length === 0) return complete ? 'No drift.' : 'No drift in what was assessed.';
  const counts = SEVERITIES.filter((severity) => summary[severity] > 0).map((severity) =>
    paint(`${summary[severity]} ${severity}`, severity),
  );
  const count = changes.length + omitted;
  return `${count} ${count === 1 ? 'change' : 'changes'}: ${counts.join(', ')}`;
}

function byObject(changes: ReportedChange[]): ReportedChange[][] {
  const groups = new Map<string, ReportedChange[]>();
  for (const change of changes) {
    const group = groups.get(change.changeSetId);
    if (group === undefined) groups.set(change.changeSetId, [change]);
    else group.push(change);
  }
  return [...groups.values()];
}

function objectLines(changes: ReportedChange[], severity: Severity, paint: Paint): string[] {
  const [first] = changes;
  if (first === undefined) return [];
  const label = paint(` ${severity.toUpperCase()} `, severity);
  const name = shortValue(first.displayName ?? first.resourceKey);
  const byName = first.matchedBy === 'name' ? ', matched by name' : '';
  const lines = [
    `${label} ${RESOURCE_TYPE_CATALOGUE[first.resourceType].title} "${name}" (${printable(first.resourceKey)}${byName})`,
  ];
  for (const change of changes) {
    lines.push(`    ${what(change)}`);
    const sources = [...change.rules, ...change.references.slice(0, 4)].join(', ');
    lines.push(`      ${change.direction}: ${printable(change.title)}${sources === '' ? '' : ` [${sources}]`}`);
  }
  return lines;
}

function what(change: ReportedChange): string {
  if (change.changeType !== 'modified') return `${change.changeType}: ${shortValue(change.after ?? change.before)}`;
  return `${shortValue(change.path)}: ${changeInWords(change.before, change.after)}`;
}
