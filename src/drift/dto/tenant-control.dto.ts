import type { Json } from '../../crypto/canonical-json.js';
import { controlById } from '../controls/catalogue.js';
import type { TenantControl } from '../controls/tenant-controls.service.js';

/** One object, and the value in it, that a verdict hangs on. */
export class ControlEvidenceDto {
  resourceType: string;
  resourceKey: string;
  displayName: string | null;
  /** JSON Pointer into the normal form; empty for the object itself. */
  path: string;
  /** Null where the value isn't there, and for a whole object. */
  value: Json;
  /** For people: what this says about the control. */
  finding: string;
}

/** How a tenant stands to one control. */
export class TenantControlDto {
  /** As CISA or EIDSCA number it, without a version. */
  id: string;
  /** Id in /tenants. */
  tenantId: string;
  set: 'scuba' | 'eidsca' | null;
  level: 'shall' | 'should' | null;
  title: string | null;
  /** Numbers of other benchmarks that ask for the same. */
  references: string[];
  verdict: 'met' | 'not-met' | 'not-assessed';
  /** Why it is not assessed; null where it is. */
  reason: string | null;
  /** RFC 3339: the scan that had this verdict first. */
  since: string;
  /** The verdict before; null where this is the first. */
  before: 'met' | 'not-met' | 'not-assessed' | null;
  /** The verdict on the approved baseline. */
  baseline: 'met' | 'not-met' | 'not-assessed';
  /** What it hangs on; at most 50. */
  evidence: ControlEvidenceDto[];

  static from(control: TenantControl): TenantControlDto {
    const definition = controlById(control.controlId);
    return {
      id: control.controlId,
      tenantId: control.tenantId,
      set: definition?.set ?? null,
      level: definition?.level ?? null,
      title: definition?.title ?? null,
      references: definition?.references ?? [],
      verdict: control.verdict,
      reason: control.reason,
      since: control.since.toISOString(),
      before: control.previousVerdict,
      baseline: control.baselineVerdict,
      evidence: control.evidence,
    };
  }
}

/** All of it: a tenant has as many controls as the catalogue. */
export class TenantControlsDto {
  items: TenantControlDto[];
  nextCursor: string | null;
}
