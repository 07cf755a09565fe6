import type { JsonObject } from '../../crypto/canonical-json.js';
import type { ClassifiedChange } from '../report/drift-report.types.js';
import type { Lookup } from '../resource-types/remediation-way.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';

/** What a plan has to know of a change. */
export type PlannedChange = Pick<
  ClassifiedChange,
  'resourceType' | 'resourceKey' | 'displayName' | 'changeType' | 'path' | 'before' | 'after' | 'matchedBy'
> & { id: string };

/** Which object, and for which changes. */
export interface PlanSubject {
  resourceType: ResourceType;
  resourceKey: string;
  displayName: string | null;
  changeIds: string[];
}

/** One request to Microsoft Graph. They are sent in the order of the plan, one after the other. */
export interface PlannedRequest extends PlanSubject {
  /** Counts from 1. */
  number: number;
  /** One sentence for people. */
  does: string;
  method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  version: 'v1.0' | 'beta';
  /** Below the version's root. `{name}` is what the lookup or the earlier request of that name gives. */
  path: string;
  body: JsonObject | null;
  /** Ids that have to be read first. */
  lookups: Lookup[];
  /** Places of the body that name an object which an earlier request makes: its new id goes there. */
  substitutions: Substitution[];
  /** Under which name later requests know the `id` of the answer; null where none needs it. */
  gives: string | null;
  /** Least application permission. */
  permission: string;
}

export interface Substitution {
  /** JSON Pointer into the body. */
  pointer: string;
  /** `gives` of the earlier request. */
  name: string;
}

/** What no request does. */
export interface HandWork extends PlanSubject {
  /** Where. */
  place: string;
  why: string;
}

/** What a request touches beside the drift, or doesn't bring back. */
export interface PlanNote extends PlanSubject {
  text: string;
}

export interface RemediationPlan {
  requests: PlannedRequest[];
  byHand: HandWork[];
  notes: PlanNote[];
  /** Application permissions that all requests together need. */
  permissions: string[];
}
