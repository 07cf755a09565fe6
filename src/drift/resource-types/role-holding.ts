import type { JsonObject } from '../../crypto/canonical-json.js';
import { text } from '../normalise/json-members.js';
import { roleName } from './well-known.js';

/** Ids that are made anew, dates that say when and not what, and expanded copies of other objects. */
export const ROLE_HOLDING_NOISE = [
  '/id',
  '/startDateTime',
  '/createdDateTime',
  '/roleAssignmentScheduleId',
  '/roleAssignmentOriginId',
  '/roleEligibilityScheduleId',
  '/activatedUsing',
  '/principal',
  '/roleDefinition',
  '/directoryScope',
  '/appScope',
];

/** Who, which role, and where. */
export function roleHoldingKey(raw: JsonObject): string | null {
  const principal = text(raw, 'principalId');
  const role = text(raw, 'roleDefinitionId');
  if (principal === null || role === null) return null;
  return [principal, role, text(raw, 'directoryScopeId') ?? '', text(raw, 'appScopeId') ?? ''].join('|');
}

export function roleHoldingName(raw: JsonObject): string | null {
  const role = text(raw, 'roleDefinitionId');
  const principal = text(raw, 'principalId');
  return role === null || principal === null ? null : `${roleName(role)} to ${principal}`;
}
