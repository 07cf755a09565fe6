import type { ResourceType } from '../resource-types/resource-type.types.js';
import { APP_MANAGEMENT_CONTROLS } from './app-management-controls.js';
import { AUTHENTICATION_CONTROLS } from './authentication-controls.js';
import { CONDITIONAL_ACCESS_CONTROLS } from './conditional-access-controls.js';
import { CONSENT_CONTROLS } from './consent-controls.js';
import type { Control } from './control.types.js';
import { DOMAIN_CONTROLS } from './domain-controls.js';
import { EIDSCA_CONTROLS } from './eidsca-controls.js';
import { GUEST_CONTROLS } from './guest-controls.js';
import { MANUAL_CONTROLS } from './manual-controls.js';
import { ROLE_CONTROLS } from './role-controls.js';

/** Every control that the product knows, CISA's by number, then EIDSCA's checks. */
export const CONTROLS: readonly Control[] = [
  ...[
    ...CONDITIONAL_ACCESS_CONTROLS,
    ...AUTHENTICATION_CONTROLS,
    ...CONSENT_CONTROLS,
    ...APP_MANAGEMENT_CONTROLS,
    ...DOMAIN_CONTROLS,
    ...ROLE_CONTROLS,
    ...GUEST_CONTROLS,
    ...MANUAL_CONTROLS,
  ].sort(byNumber),
  ...[...EIDSCA_CONTROLS].sort(byNumber),
];

export function controlById(id: string): Control | undefined {
  return CONTROLS.find((control) => control.id === id);
}

function byNumber(a: Control, b: Control): number {
  return a.id.localeCompare(b.id, 'en', { numeric: true });
}

/** Every type that a control may read. */
export const TYPES_OF_CONTROLS: ReadonlySet<ResourceType> = new Set<ResourceType>([
  ...CONTROLS.flatMap(({ versions }) => versions.flatMap(({ needs }) => needs.map(({ type }) => type))),
  // What the holders of roles follow from, and the consent workflow.
  'user',
  'group',
  'roleAssignment',
  'roleEligibility',
  'groupSetting',
  'adminConsentRequestPolicy',
  'appManagementPolicy',
]);
