import { printable, shortValue } from '../report/printable.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { controlById } from './catalogue.js';
import type { ControlResult } from './control.types.js';

const MARKS = { met: 'met         ', 'not-met': 'NOT MET     ', 'not-assessed': 'not assessed' } as const;
/** Enough to see what it is about; JSON has all of it. */
const MOST_EVIDENCE = 5;

/** For a terminal: a line a control, and under those that are not met what they hang on. */
export function renderControlsText(results: ControlResult[]): string {
  const count = (verdict: ControlResult['verdict']) => results.filter((one) => one.verdict === verdict).length;
  const lines = [`${count('met')} met, ${count('not-met')} not met, ${count('not-assessed')} not assessed`, ''];
  for (const result of results) lines.push(...linesOf(result));
  return `${lines.join('\n')}\n`;
}

function linesOf({ id, verdict, reason, evidence }: ControlResult): string[] {
  const control = controlById(id);
  const lines = [`${MARKS[verdict]}  ${id}  ${control?.title ?? ''}${control?.level === 'shall' ? ' (SHALL)' : ''}`];
  if (reason !== null) lines.push(`                ${printable(reason)}`);
  if (verdict !== 'not-met') return lines;
  for (const { resourceType, resourceKey, displayName, path, value, finding } of evidence.slice(0, MOST_EVIDENCE)) {
    const name = printable(displayName ?? resourceKey);
    const at = path === '' ? '' : ` ${printable(path)} = ${shortValue(value)}`;
    lines.push(`                ${RESOURCE_TYPE_CATALOGUE[resourceType].title} "${name}"${at}: ${finding}`);
  }
  if (evidence.length > MOST_EVIDENCE) lines.push(`                and ${evidence.length - MOST_EVIDENCE} more`);
  return lines;
}

/** `controls evaluate --format json`: an array of controls with verdict, reason and evidence. */
export function renderControlsJson(results: ControlResult[]): string {
  const controls = results.map(({ id, version, verdict, reason, evidence }) => {
    const control = controlById(id);
    return {
      id,
      version,
      set: control?.set ?? null,
      level: control?.level ?? null,
      title: control?.title ?? null,
      references: control?.references ?? [],
      verdict,
      reason,
      evidence,
    };
  });
  return `${JSON.stringify({ controls }, null, 2)}\n`;
}
