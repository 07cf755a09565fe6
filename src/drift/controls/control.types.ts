import type { Json } from '../../crypto/canonical-json.js';
import type { SnapshotLookup } from '../classify/evaluation-context.js';
import type { ControlVerdict } from '../report/drift-report.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { SnapshotObject } from '../snapshot/snapshot.types.js';

/** CISA's baseline for Entra ID (ScubaGear), and the checks of the Entra ID Security Config Analyzer. */
export type ControlSet = 'scuba' | 'eidsca';

/** How binding the publisher says that a control is; EIDSCA's checks are recommendations, "should". */
export type ControlLevel = 'shall' | 'should';

/** One object, and the value in it, that a verdict hangs on. */
export interface ControlEvidence {
  resourceType: ResourceType;
  resourceKey: string;
  displayName: string | null;
  /** JSON Pointer into the normal form; '' for the object itself. */
  path: string;
  /** Null where the value isn't there, and for a whole object. */
  value: Json;
  /** For people: what this says about the control. */
  finding: string;
}

export interface ControlFinding {
  verdict: ControlVerdict;
  /** In words for people, why it isn't met or wasn't assessed, and of which objects; null exactly when met. */
  reason: string | null;
  evidence: ControlEvidence[];
}

/** A type that a control reads; with `paths`, only these members of it have to be known. */
export interface ControlNeed {
  type: ResourceType;
  paths?: string[];
}

/** One snapshot as controls see it, with what the organisation allows. */
export interface ControlInput extends SnapshotLookup {
  /** Users of a source that says which roles each of them has; empty where roles follow from assignments. */
  privilegedUsers: readonly SnapshotObject[];
  /** Why the snapshot can't answer for this; null when it can. */
  lacks: (need: ControlNeed) => string | null;
  /** False where the source says that the tenant has no licence for risk-based policies and PIM; true where it has, or is silent. */
  hasP2: boolean;
  /** Whether the organisation allows that this user, group, application or kind of guest is left out of a control. */
  isAllowed: (controlId: string, id: string) => boolean;
}

/** How one published version of a control is decided. Pure. */
export interface ControlVersion {
  version: number;
  needs: ControlNeed[];
  /** Risk-based policies and PIM exist with Entra ID P2 only. */
  needsP2?: true;
  decide: (input: ControlInput, controlId: string) => ControlFinding;
}

export interface Control {
  /** As the contract and the rules write it: "MS.AAD.3.2", without the version. */
  id: string;
  set: ControlSet;
  level: ControlLevel;
  title: string;
  /** Numbers of other benchmarks that ask for the same. */
  references: string[];
  /** Oldest first; the last one counts. Empty where it can't be decided from a tenant's configuration. */
  versions: ControlVersion[];
  /** Why it isn't decided by machine, where `versions` is empty. */
  notAutomated?: string;
  /** Why its publisher took it back; evaluated only for who asks for it by version. */
  retired?: string;
}

export interface ControlResult extends ControlFinding {
  id: string;
  /** Of the control; null where there is none that a machine decides. */
  version: number | null;
  /** The baseline that was asked for doesn't have the control. */
  notInBaseline?: true;
}
