import { CONTROLS } from './catalogue.js';
import type { Control, ControlFinding, ControlInput, ControlResult, ControlVersion } from './control.types.js';
import { notAssessed } from './findings.js';

/** The newest version of every control that stands, on one snapshot; in the order of the catalogue. Pure. */
export function evaluateControls(input: ControlInput): ControlResult[] {
  return CONTROLS.filter(({ retired }) => retired === undefined).map((control) => evaluateControl(control, input));
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
