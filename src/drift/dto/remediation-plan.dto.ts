import { ApiProperty } from '@nestjs/swagger';
import type { JsonObject } from '../../crypto/canonical-json.js';
import type { TenantPlan } from '../remediation/remediation-plans.service.js';
import { renderPowerShell } from '../remediation/render-powershell.js';

/** An id that has to be read before a request can be sent: of the one element of a list that fits. */
export class LookupDto {
  /** Stands in braces in the path of the request. */
  name: string;
  /** Below the root of v1.0. */
  path: string;
  /** Expected values by JSON Pointer into an element; a list is compared as a set, null also means missing. */
  @ApiProperty({ type: Object })
  where: Record<string, string | boolean | null | string[]>;
  /** The member that is the id. */
  member: string;
}

/** A place in a body that takes the id which an earlier request gave. */
export class SubstitutionDto {
  /** JSON Pointer into the body. */
  pointer: string;
  /** `gives` of the earlier request. */
  name: string;
}

export class PlanSubjectDto {
  resourceType: string;
  resourceKey: string;
  displayName: string | null;
  changeIds: string[];
}

/** One request to Microsoft Graph. */
export class PlannedRequestDto extends PlanSubjectDto {
  /** Counts from 1; they are sent in this order. */
  number: number;
  does: string;
  method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  version: 'v1.0' | 'beta';
  /** Below the version's root. `{name}` is the id that the lookup or the earlier request of that name gives. */
  path: string;
  @ApiProperty({ nullable: true, type: Object })
  body: JsonObject | null;
  lookups: LookupDto[];
  substitutions: SubstitutionDto[];
  /** Under which name later requests know the id of the answer. */
  gives: string | null;
  /** Least application permission of Microsoft Graph. */
  permission: string;
}

/** What no request does. */
export class HandWorkDto extends PlanSubjectDto {
  /** Where in the Entra admin center, or in this service. */
  place: string;
  why: string;
}

/** What a request touches beside the drift, or doesn't bring back. */
export class PlanNoteDto extends PlanSubjectDto {
  text: string;
}

/** How changes are undone. Nothing of it has been done. */
export class RemediationPlanDto {
  /** Id in /tenants. */
  tenantId: string;
  entraTenantId: string;
  changeIds: string[];
  requests: PlannedRequestDto[];
  byHand: HandWorkDto[];
  notes: PlanNoteDto[];
  /** Application permissions that all requests together need. */
  permissions: string[];
  /** The requests as a script of Microsoft Graph PowerShell. */
  powershell: string;

  static from({ tenantId, entraTenantId, changeIds, plan }: TenantPlan): RemediationPlanDto {
    return { tenantId, entraTenantId, changeIds, ...plan, powershell: renderPowerShell(plan) };
  }
}
