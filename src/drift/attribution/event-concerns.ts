import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { AttributableChange } from './attribution.types.js';
import type { DirectoryAuditEvent } from './directory-audit-event.js';

/**
 * `named`: the event names the object and everything else that its key consists of, so that no other object can be meant;
 * `object`: it names the object; null: it speaks of something else.
 */
export type Concern = 'named' | 'object' | null;

/** Whether an event speaks of the object that changed. */
export function concernOf(change: AttributableChange, event: DirectoryAuditEvent): Concern {
  const parts = change.resourceKey.toLowerCase().split('|');
  const names = (id: string | undefined) =>
    id !== undefined && (event.targetIds.includes(id) || event.mentionedIds.includes(id));
  switch (change.resourceType) {
    case 'roleAssignment':
    case 'roleEligibility':
      // An assignment event that names another role is about another assignment of the same principal.
      return names(parts[0]) && names(parts[1]) ? 'named' : null;
    case 'appRoleAssignment': {
      const [principal, resource, appRole] = parts;
      if (!names(principal) || !names(resource)) return null;
      return namedElsewhere(event, 'approle.id', appRole) ? null : names(appRole) ? 'named' : 'object';
    }
    case 'groupEligibility':
      return names(parts[0]) && names(parts[1]) ? 'named' : null;
    case 'oauth2PermissionGrant':
      return names(parts[0]) ? 'object' : null;
    case 'roleManagementRule': {
      const ruleId = event.details.get('ruleid')?.toLowerCase();
      return names(parts[0]) && (ruleId === undefined || ruleId === parts[1]) ? 'object' : null;
    }
    default:
      return isOneOfAKind(change) ? (fits(change, event) ? 'object' : null) : names(parts[0]) ? 'object' : null;
  }
}

/** Whether the event's activity is one that makes this kind of change. */
export function fits(change: AttributableChange, event: DirectoryAuditEvent): boolean {
  const activities = RESOURCE_TYPE_CATALOGUE[change.resourceType].auditActivities;
  return activities[change.changeType].includes(event.activity);
}

/** Ids of which a concerning event names at least one; null when any event of a fitting activity may concern it. */
export function idsToLookFor(change: AttributableChange): string[] | null {
  return isOneOfAKind(change) ? null : change.resourceKey.toLowerCase().split('|').slice(0, 1);
}

/** A tenant has one of it, and its events name it by ids that aren't its key. */
function isOneOfAKind({ resourceType }: AttributableChange): boolean {
  const { collect } = RESOURCE_TYPE_CATALOGUE[resourceType];
  if (collect.kind === 'singleton' || collect.kind === 'ofOrganization') return true;
  return collect.kind === 'derived' && resourceType !== 'roleManagementRule';
}

function namedElsewhere(event: DirectoryAuditEvent, property: string, id: string | undefined): boolean {
  const properties = event.properties.filter(({ name }) => name === property);
  return (
    id !== undefined &&
    properties.length > 0 &&
    !properties.some((one) => (one.newText + one.oldText).toLowerCase().includes(id))
  );
}
