import { printable, shortValue } from '../report/printable.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { controlById } from './catalogue.js';
import type { ControlResult } from './control.types.js';

const MARKS = { met: 'met         ', 'not-met': 'NOT MET     ', 'not-assessed': 'not assessed' } as const;
const NOT_IN_BASELINE = 'not in it   ';
/** Enough to see what it is about; JSON has all of it. */
const MOST_EVIDENCE = 5;

/** For a terminal: a line a control, and under those that are not met what they hang on. */
export function renderControlsText(results: ControlResult[]): string {
  const count = (verdict: ControlResult['verdict']) => results.filter((one) => one.verdict === verdict).length;
  const left = results.filter(({ notInBaseline }) => notInBaseline).length;
  const counts = [
    `${count('met')} met`,
    `${count('not-met')} not met`,
    `${count('not-assessed') - left} not assessed`,
    ...(left === 0 ? [] : [`${left} not in this baseline`]),
  ];
  const lines = [counts.join(', '), ''];
  for (const result of results) lines.push(...linesOf(result));
  return `${lines.join('\n')}\n`;
}

function linesOf({ id, verdict, reason, evidence, notInBaseline }: ControlResult): string[] {
  const control = controlById(id);
  const mark = notInBaseline ? NOT_IN_BASELINE : MARKS[verdict];
  const lines = [`${mark}  ${id}  ${control?.title ?? ''}${control?.level === 'shall' ? ' (SHALL)' : ''}`];
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
  const controls = results.map(({ id, version, verdict, reason, evidence, notInBaseline = false }) => {
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
      inBaseline: !notInBaseline,
      evidence,
    };
  });
  return `${JSON.stringify({ controls }, null, 2)}\n`;
}
