import { at } from '../normalise/json-members.js';
import type { SnapshotObject } from '../snapshot/snapshot.types.js';
import type { ControlEvidence, ControlFinding } from './control.types.js';

export function met(evidence: ControlEvidence[]): ControlFinding {
  return { verdict: 'met', reason: null, evidence };
}

export function notMet(evidence: ControlEvidence[]): ControlFinding {
  return { verdict: 'not-met', reason: null, evidence };
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
