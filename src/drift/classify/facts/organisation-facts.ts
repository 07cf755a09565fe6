import type { Json } from '../../../crypto/canonical-json.js';
import { at, isObject, member, stringsAt, text } from '../../normalise/json-members.js';
import type { SnapshotObject } from '../../snapshot/snapshot.types.js';
import { addedElements, type EvaluatedChange, removedElements } from '../evaluated-change.js';
import type { EvaluationContext } from '../evaluation-context.js';

type Fact = (change: EvaluatedChange, context: EvaluationContext) => boolean;

/** Facts about consent conditions, other tenants, devices and identity providers. */
export const ORGANISATION_FACTS = {
  'identity-provider': (change) => change.resourceType === 'identityProvider',
  // A condition set has no identity of its own: written anew it went and came, and only what it allows tells it from before.
  'consent-conditions-wider': (change) => widestOf(addedElements(change)) > widestOf(removedElements(change)),
  'partner-inbound': (change, context) => {
    const byDefault = context.after.find('crossTenantAccessDefault', 'crossTenantAccessDefault');
    return INBOUND.some(({ direction, byMicrosoft }) =>
      letsIn(change.objectAfter, direction, letsIn(byDefault ?? null, direction, byMicrosoft)),
    );
  },
  'setting-local-administrator-password': (change) => change.path === '/localAdminPassword/isEnabled',
} satisfies Record<string, Fact>;

/** What holds where neither the partner's settings nor the tenant's own default say anything. */
const INBOUND = [
  { direction: 'b2bCollaborationInbound', byMicrosoft: true },
  { direction: 'b2bDirectConnectInbound', byMicrosoft: false },
];

function letsIn(settings: SnapshotObject | null, direction: string, otherwise: boolean): boolean {
  const accessType = text(at(settings?.value, `/${direction}/usersAndGroups`), 'accessType');
  return accessType === null ? otherwise : accessType === 'allowed';
}

function widestOf(sets: Json[]): number {
  return sets.reduce<number>((widest, set) => Math.max(widest, breadthOf(set)), 0);
}

/** 0: what is allowed is limited to permissions that are named or classified. More: application permissions, or all there are. */
function breadthOf(set: Json): number {
  if (!isObject(set)) return 0;
  const ofApplications = text(set, 'permissionType')?.toLowerCase() === 'application';
  const all = stringsAt(set, '/permissions').some((permission) => permission.toLowerCase() === 'all');
  const classified = text(set, 'permissionClassification') ?? 'all';
  const ofAnybody = member(set, 'clientApplicationsFromVerifiedPublisherOnly') !== true;
  const wide = all && classified.toLowerCase() === 'all';
  if (!ofApplications && !wide) return 0;
  return 1 + (ofApplications ? 4 : 0) + (wide ? 2 : 0) + (ofAnybody ? 1 : 0);
}
