import { tokensOf } from '../normalise/json-members.js';
import type { Direction, Severity } from '../report/drift-report.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { addedElements, type EvaluatedChange, removedElements } from './evaluated-change.js';
import { directionOfSetting, isProductSetting } from './setting-direction.js';

/** What is said of a change that no rule speaks of. */
export interface DefaultVerdict {
  direction: Direction;
  severity: Severity;
  title: string;
}

/** Members that describe and decide nothing. */
const DESCRIPTIVE = new Set([
  'adminDisplayName',
  'comment',
  'comments',
  'displayName',
  'description',
  'notes',
  'visibility',
  'mail',
  'userPrincipalName',
  'otherMails',
]);

/** Types whose objects are grants: there or not there is all that they say. */
const GRANTS: ReadonlySet<ResourceType> = new Set([
  'roleAssignment',
  'roleEligibility',
  'groupEligibility',
  'appRoleAssignment',
  'oauth2PermissionGrant',
  'accessAssignment',
]);

/**
 * Every change that no rule speaks of is reported, never dropped: names and descriptions as info; what looks like a
 * loosening by its name (an exclusion that grew, an inclusion that shrank, a switch turned off) as medium, its opposite as
 * info; anything else as low and neutral, because a member that nobody has judged yet may still matter. A product's settings from
 * an export (Exchange, Teams and others) go by the words in their names, and by medium where those don't say.
 */
export function defaultVerdict(change: EvaluatedChange): DefaultVerdict {
  const last = tokensOf(change.path).at(-1) ?? '';
  const isProduct = isProductSetting(change.resourceType);
  if (tokensOf(change.path).length === 1 && (DESCRIPTIVE.has(last) || (isProduct && last === 'name'))) {
    return { direction: 'neutral', severity: 'info', title: 'A name or description was edited' };
  }
  if (GRANTS.has(change.resourceType) && change.path === '') {
    const given = change.changeType === 'added';
    return given
      ? { direction: 'loosening', severity: 'low', title: 'A role or permission outside the control plane was given' }
      : { direction: 'tightening', severity: 'info', title: 'A role or permission was taken away' };
  }
  const direction = isProduct ? directionOfSetting(change) : directionByName(last, change);
  if (direction === 'loosening') return { direction, severity: 'medium', title: 'A setting looks weaker than before' };
  if (direction === 'tightening') return { direction, severity: 'info', title: 'A setting looks stricter than before' };
  // Of a product that no rule knows nothing can be called harmless.
  const severity = isProduct ? 'medium' : 'low';
  return { direction: 'neutral', severity, title: TITLES[change.path === '' ? change.changeType : 'modified'] };
}

const TITLES = {
  added: 'An object is new',
  removed: 'An object is gone',
  modified: 'A setting changed that no rule judges',
} as const;

const SWITCHES =
  /^(isEnabled|isEnforced|isMemberManagementRestricted|isAttestationEnforced|isRegistrationRequired|enforce[A-Z].*|require[A-Z].*|is[A-Z].*Required)$/;

function directionByName(name: string, change: EvaluatedChange): Direction {
  const gained = addedElements(change).length > 0;
  const lost = removedElements(change).length > 0;
  const isSet = Array.isArray(change.before) || Array.isArray(change.after);
  if (isSet && name.startsWith('exclude')) return gained ? 'loosening' : 'tightening';
  if (isSet && name.startsWith('include')) return lost ? 'loosening' : 'tightening';
  if (SWITCHES.test(name)) {
    if (change.before === true) return 'loosening';
    if (change.after === true) return 'tightening';
  }
  return 'neutral';
}
