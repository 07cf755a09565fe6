import { at } from '../normalise/json-members.js';
import type { SnapshotObject } from '../snapshot/snapshot.types.js';
import type { ControlEvidence, ControlFinding } from './control.types.js';

export function met(evidence: ControlEvidence[]): ControlFinding {
  return { verdict: 'met', reason: null, evidence };
}

/** @param evidence what it hangs on; where there is none, `reason` has to say it all */
export function notMet(evidence: ControlEvidence[], reason: string = inWords(evidence)): ControlFinding {
  return { verdict: 'not-met', reason, evidence };
}

const MOST_FINDINGS = 3;
const MOST_NAMES = 3;

/** What is found, each time with the objects of which it is: `The method is not disabled: "Sms", "Voice"`. */
function inWords(evidence: ControlEvidence[]): string {
  const byFinding = new Map<string, string[]>();
  for (const { finding, displayName, resourceKey, value } of evidence) {
    const scalar = typeof value === 'object' ? '' : ` (${JSON.stringify(value).slice(0, 80)})`;
    const names = byFinding.get(finding) ?? [];
    byFinding.set(finding, [...names, `${JSON.stringify(displayName ?? resourceKey)}${scalar}`]);
  }
  const sentences = Array.from(
    byFinding,
    ([finding, names]) => `${finding}: ${few([...new Set(names)], MOST_NAMES, ', ')}`,
  );
  return few(sentences, MOST_FINDINGS, '; ');
}

/** The first of them, and how many there are beside. */
export function few(words: string[], most: number, separator: string): string {
  const shown = words.slice(0, most).join(separator);
  return words.length > most ? `${shown}${separator}and ${words.length - most} more` : shown;
}

export function notAssessed(reason: string, evidence: ControlEvidence[] = []): ControlFinding {
  return { verdict: 'not-assessed', reason, evidence };
}

/** Met exactly when nothing offends; what offends is the evidence then, and `otherwise` when nothing does. */
export function metUnless(offenders: ControlEvidence[], otherwise: ControlEvidence[] = []): ControlFinding {
  return offenders.length === 0 ? met(otherwise) : notMet(offenders);
}

/** A value of an object as evidence, with a sentence of what it says. */
export function evidenceOf(object: SnapshotObject, path: string, finding: string): ControlEvidence {
  const { resourceType, key, displayName, value } = object;
  const found = path === '' ? undefined : at(value, path);
  return { resourceType, resourceKey: key, displayName, path, value: found ?? null, finding };
}
