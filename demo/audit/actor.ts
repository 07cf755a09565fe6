import { type JsonObject, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';

/** Who changes the tenant: taken from the bearer token, written into the audit log. */
export type Actor =
  | { type: 'user'; id: string; displayName: string; userPrincipalName: string; ipAddress: string }
  | { type: 'app'; appId: string; displayName: string; servicePrincipalId: string };

const ELSEWHERE = '203.0.113.77';

export function userActor(state: TenantState, objectId: string, ipAddress = ELSEWHERE): Actor {
  const user = state.collections.users.get(objectId);
  if (!user) throw new Error(`The demo tenant has no user ${objectId}.`);
  return {
    type: 'user',
    id: objectId,
    displayName: textOf(user, 'displayName'),
    userPrincipalName: textOf(user, 'userPrincipalName'),
    ipAddress,
  };
}

export function appActor(state: TenantState, appId: string): Actor {
  const [sp] = state.collections.servicePrincipals.where('appId', appId);
  return {
    type: 'app',
    appId,
    displayName: sp ? textOf(sp, 'displayName') : '',
    servicePrincipalId: sp ? textOf(sp, 'id') : '',
  };
}

/** `initiatedBy` of a directory audit event. */
export function initiatedBy(actor: Actor): JsonObject {
  if (actor.type === 'app') {
    return {
      user: null,
      app: {
        appId: actor.appId,
        displayName: actor.displayName,
        servicePrincipalId: actor.servicePrincipalId,
        servicePrincipalName: null,
      },
    };
  }
  const { id, displayName, userPrincipalName, ipAddress } = actor;
  return {
    app: null,
    user: { id, displayName, userPrincipalName, ipAddress, userType: null, homeTenantId: null, homeTenantName: null },
  };
}
