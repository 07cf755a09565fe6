import type { JsonObject } from '../../crypto/canonical-json.js';
import { text } from '../normalise/json-members.js';
import type { PartAnswer, RemediedObject, RequestDraft, ThroughGraph } from './remediation-way.types.js';

type Act = Parameters<NonNullable<ThroughGraph['ask']>>[1];

const ACTIONS: Record<Act, string> = { give: 'adminAssign', take: 'adminRemove', alter: 'adminUpdate' };
const WHY = 'Back to the approved baseline';
const NOT_BY_DELETE = 'It is asked for and not deleted.';

/** Who holds a directory role is asked of Privileged Identity Management (unifiedRole…ScheduleRequest). */
export function roleRequests(about: { requests: string; permission: string; place: string }): ThroughGraph<never> {
  return {
    kind: 'graph',
    place: about.place,
    permission: about.permission,
    address: () => about.requests,
    remove: () => NOT_BY_DELETE,
    ask: (object, act) => askForRole(object, act, about.requests),
  };
}

function askForRole({ value }: RemediedObject, act: Act, requests: string): RequestDraft[] | PartAnswer {
  if ((text(value, 'memberType') ?? 'Direct') !== 'Direct')
    return {
      follows: 'It is held through a group, and follows the members of the group or the role that the group has.',
    };
  const who = where(value, ['principalId', 'roleDefinitionId', 'directoryScopeId', 'appScopeId']);
  if (value['outsidePim'] === true) {
    if (act === 'alter')
      return { byHand: 'Take it away in Privileged Identity Management and give it outside of that.' };
    if (act === 'give') {
      // Only what is given past PIM has no beginning, as in the baseline.
      const permission = 'RoleManagement.ReadWrite.Directory';
      return [{ method: 'POST', path: '/roleManagement/directory/roleAssignments', body: who, permission }];
    }
  }
  return [{ method: 'POST', path: requests, body: { ...who, ...asking(value, act) } }];
}

/** PIM for groups (privilegedAccessGroupEligibilityScheduleRequest). */
export const groupRequests: ThroughGraph<never> = {
  kind: 'graph',
  place: 'ID Governance > Privileged Identity Management > Groups > (group) > Assignments',
  permission: 'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup',
  address: () => '/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests',
  remove: () => NOT_BY_DELETE,
  ask: ({ address, value }, act) => [
    {
      method: 'POST',
      path: address,
      body: { ...where(value, ['principalId', 'groupId', 'accessId']), ...asking(value, act) },
    },
  ],
};

function where(value: JsonObject, names: string[]): JsonObject {
  const out: JsonObject = {};
  for (const name of names) {
    const found = text(value, name);
    if (found !== null) out[name] = found;
  }
  return out;
}

function asking(value: JsonObject, act: Act): JsonObject {
  const action = { action: ACTIONS[act], justification: WHY };
  if (act === 'take') return action;
  const end = text(value, 'endDateTime');
  const expiration: JsonObject = end === null ? { type: 'noExpiration' } : { type: 'afterDateTime', endDateTime: end };
  return { ...action, scheduleInfo: { startDateTime: null, expiration } };
}
