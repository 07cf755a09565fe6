import { printable } from '../report/printable.js';
import type { PlanSubject, RemediationPlan } from './remediation-plan.types.js';

/** A plan for people who read it in a terminal: requests as they are sent, then what they don't do. */
export function renderPlan(plan: RemediationPlan): string {
  const lines: string[] = [];
  for (const request of plan.requests) {
    lines.push(`${request.number}. ${nameOf(request)}`, `   ${request.does}`);
    for (const { name, path } of request.lookups) lines.push(`   first read {${name}} from ${printable(path)}`);
    lines.push(`   ${request.method} /${request.version}${printable(request.path)}`);
    if (request.body !== null) lines.push(printedJson(request.body));
    for (const { pointer, name } of request.substitutions) lines.push(`   with {${name}} at ${printable(pointer)}`);
    if (request.gives !== null) lines.push(`   whose answer gives {${request.gives}}`);
    lines.push(`   permission ${request.permission}`, '');
  }
  if (plan.byHand.length > 0) lines.push('By hand:');
  for (const work of plan.byHand) lines.push(`- ${nameOf(work)}: ${printable(work.why)}`, `  ${work.place}`);
  if (plan.byHand.length > 0) lines.push('');
  if (plan.notes.length > 0) lines.push('Good to know:');
  for (const note of plan.notes) lines.push(`- ${nameOf(note)}: ${printable(note.text)}`);
  if (lines.length === 0) return 'Nothing to do.\n';
  return `${lines.join('\n').trimEnd()}\n`;
}

function nameOf({ resourceType, displayName, resourceKey }: PlanSubject): string {
  return `${resourceType} "${printable(displayName ?? resourceKey)}"`;
}

/** Line by line: what a tenant wrote stands inside of JSON texts, where a line end is an escape. */
function printedJson(body: object): string {
  return JSON.stringify(body, null, 2)
    .split('\n')
    .map((line) => `   ${printable(line)}`)
    .join('\n');
}
