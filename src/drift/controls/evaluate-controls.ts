import { CONTROLS } from './catalogue.js';
import type { Control, ControlFinding, ControlInput, ControlResult, ControlVersion } from './control.types.js';
import { notAssessed } from './findings.js';

/** The newest version of every control that stands, on one snapshot; in the order of the catalogue. Pure. */
export function evaluateControls(input: ControlInput): ControlResult[] {
  return CONTROLS.filter(({ retired }) => retired === undefined).map((control) => evaluateControl(control, input));
}

/** Versions of CISA's policies that the catalogue knows; 0 is the baseline of before they had any. */
export const BASELINE_VERSIONS = [0, 1, 2] as const;
export type BaselineVersion = (typeof BASELINE_VERSIONS)[number];

/** What the baseline of before the first version didn't ask for. */
const NOT_AT_FIRST: ReadonlySet<string> = new Set(
  ['3.3', '3.4', '3.8', '3.9', '5.5', '5.6', '5.7', '7.2', '9.1'].map((number) => `MS.AAD.${number}`),
);

/**
 * Every control, those that were taken back too: what the baseline doesn't have is listed, and why. A control is decided by the newest
 * of its versions that isn't newer than the baseline's, and in the baseline of before the first by that one where it has no other.
 *
 * @param baseline the newest when absent; EIDSCA's checks have one version
 */
export function evaluateBaseline(input: ControlInput, baseline?: BaselineVersion): ControlResult[] {
  return CONTROLS.map((control) => {
    const { id, retired } = control;
    const left = (why: string): ControlResult => ({ id, version: null, notInBaseline: true, ...notAssessed(why) });
    // What was taken back counts for who asks for the version that had it.
    const hadIt = baseline === 0 || control.versions.some(({ version }) => version === baseline);
    if (retired !== undefined && !hadIt) return left(retired);
    if (baseline === undefined || control.set === 'eidsca') return evaluateControl(control, input);
    if (baseline === 0 && NOT_AT_FIRST.has(id))
      return left('The baseline of before the first version does not ask for it');
    const known = control.versions.filter(({ version }) => version <= baseline).at(-1) ?? control.versions[0];
    return evaluateControl(control, input, known?.version);
  });
}

/**
 * One control on one snapshot.
 *
 * @param version the newest when absent; one that the control never had is not assessed
 */
export function evaluateControl(control: Control, input: ControlInput, version?: number): ControlResult {
  const chosen = version === undefined ? control.versions.at(-1) : versionOf(control, version);
  if (chosen === undefined) {
    const reason = control.notAutomated ?? `This version of ${control.id} isn't known`;
    return { id: control.id, version: null, ...notAssessed(reason) };
  }
  return { id: control.id, version: chosen.version, ...decide(control.id, chosen, input) };
}

function versionOf({ versions }: Control, wanted: number): ControlVersion | undefined {
  return versions.find(({ version }) => version === wanted);
}

function decide(id: string, { needs, needsP2, decide }: ControlVersion, input: ControlInput): ControlFinding {
  for (const need of needs) {
    const reason = input.lacks(need);
    if (reason !== null) return notAssessed(reason);
  }
  if (needsP2 === true && !input.hasP2) return notAssessed('The tenant has no licence for Microsoft Entra ID P2');
  return decide(input, id);
}
