import type { Actor } from '../audit/actor.js';
import { modifiedProperty, recordAct, sevenDigits, target } from '../audit/audit-event.js';
import { badRequest, notFound } from '../graph/graph-failure.js';
import { type Json, type JsonObject, objectsOf, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';

/** Gives a principal an app role of a resource's service principal. */
export function assignAppRole(state: TenantState, actor: Actor, body: JsonObject): JsonObject {
  const resource = state.collections.servicePrincipals.get(textOf(body, 'resourceId'));
  const principal = state.directoryObject(textOf(body, 'principalId'));
  if (!resource || !principal) throw badRequest('Not a valid reference update: principalId and resourceId must exist.');
  const appRoleId = textOf(body, 'appRoleId');
  const role = objectsOf(resource, 'appRoles').find((one) => one['id'] === appRoleId);
  if (!role && appRoleId !== '00000000-0000-0000-0000-000000000000')
    throw badRequest('Permission being assigned was not found on application.');
  const created = {
    id: Buffer.from(state.ids.hex(32), 'hex').toString('base64url'),
    deletedDateTime: null,
    appRoleId,
    createdDateTime: sevenDigits(state.now()),
    principalDisplayName: principal['displayName'] ?? null,
    principalId: textOf(principal, 'id'),
    principalType:
      state.directoryCollectionOf(textOf(principal, 'id')) === 'servicePrincipals' ? 'ServicePrincipal' : 'User',
    resourceDisplayName: resource['displayName'] ?? null,
    resourceId: textOf(resource, 'id'),
  };
  state.collections.appRoleAssignments.set(created);
  recordAppRole(state, actor, 'Add', resource, principal, appRoleId, textOf(role ?? {}, 'value'));
  return created;
}

export function removeAppRoleAssignment(state: TenantState, actor: Actor, id: string): void {
  const row = state.collections.appRoleAssignments.get(id);
  if (!row) throw notFound(id);
  state.collections.appRoleAssignments.delete(id);
  const resource = state.collections.servicePrincipals.get(textOf(row, 'resourceId')) ?? {
    id: textOf(row, 'resourceId'),
  };
  const principal = state.directoryObject(textOf(row, 'principalId')) ?? { id: textOf(row, 'principalId') };
  const role = objectsOf(resource, 'appRoles').find((one) => one['id'] === row['appRoleId']);
  recordAppRole(state, actor, 'Remove', resource, principal, textOf(row, 'appRoleId'), textOf(role ?? {}, 'value'));
}

export function createGrant(state: TenantState, actor: Actor, body: JsonObject): JsonObject {
  const client = state.collections.servicePrincipals.get(textOf(body, 'clientId'));
  if (!client || !state.collections.servicePrincipals.has(textOf(body, 'resourceId')))
    throw badRequest('clientId and resourceId must be service principals of this tenant.');
  const created = {
    id: Buffer.from(state.ids.hex(48), 'hex').toString('base64url'),
    clientId: textOf(body, 'clientId'),
    consentType: textOf(body, 'consentType') || 'AllPrincipals',
    principalId: body['principalId'] ?? null,
    resourceId: textOf(body, 'resourceId'),
    scope: textOf(body, 'scope'),
  };
  state.collections.oauth2PermissionGrants.set(created);
  recordGrant(state, actor, 'Add delegated permission grant', created, '', created.scope, true);
  return created;
}

export function updateGrant(state: TenantState, actor: Actor, id: string, patch: JsonObject): void {
  const before = state.collections.oauth2PermissionGrants.get(id);
  if (!before) throw notFound(id);
  const after = { ...before, scope: textOf(patch, 'scope'), id };
  state.collections.oauth2PermissionGrants.set(after);
  recordGrant(state, actor, 'Add delegated permission grant', after, textOf(before, 'scope'), after.scope, false);
}

export function removeGrant(state: TenantState, actor: Actor, id: string): void {
  const before = state.collections.oauth2PermissionGrants.get(id);
  if (!before) throw notFound(id);
  state.collections.oauth2PermissionGrants.delete(id);
  recordGrant(state, actor, 'Remove delegated permission grant', before, textOf(before, 'scope'), undefined, false);
  state.changes.record('oauth2PermissionGrants', id, { deleted: true });
}

function recordAppRole(
  state: TenantState,
  actor: Actor,
  verb: 'Add' | 'Remove',
  resource: JsonObject,
  principal: JsonObject,
  appRoleId: string,
  value: string,
): void {
  const values: [string, Json][] = [
    ['AppRole.Id', appRoleId],
    ['AppRole.Value', value],
    ['AppRole.DisplayName', value],
    ['ServicePrincipal.ObjectID', textOf(principal, 'id')],
    ['ServicePrincipal.DisplayName', textOf(principal, 'displayName')],
    ['ServicePrincipal.AppId', textOf(principal, 'appId')],
  ];
  const properties = values.map(([name, one]) =>
    verb === 'Add' ? modifiedProperty(name, undefined, one) : modifiedProperty(name, one, undefined),
  );
  recordAct(state, actor, [
    {
      service: 'Core Directory',
      category: 'ApplicationManagement',
      activity:
        verb === 'Add'
          ? 'Add app role assignment to service principal'
          : 'Remove app role assignment from service principal',
      operationType: verb === 'Add' ? 'Assign' : 'Unassign',
      targets: [
        target('ServicePrincipal', textOf(resource, 'id'), textOf(resource, 'displayName') || null, properties),
        target('ServicePrincipal', textOf(principal, 'id'), textOf(principal, 'displayName') || null),
      ],
    },
  ]);
}

function recordGrant(
  state: TenantState,
  actor: Actor,
  activity: string,
  grant: JsonObject,
  before: string | undefined,
  after: string | undefined,
  consent: boolean,
): void {
  state.changes.record('oauth2PermissionGrants', textOf(grant, 'id'));
  const client = state.collections.servicePrincipals.get(textOf(grant, 'clientId')) ?? {};
  const resource = state.collections.servicePrincipals.get(textOf(grant, 'resourceId')) ?? {};
  const clientTarget = (properties: JsonObject[]) =>
    target('ServicePrincipal', textOf(client, 'id'), textOf(client, 'displayName') || null, properties);
  const permissions = `[[Id: ${textOf(grant, 'id')}, ClientId: ${textOf(grant, 'clientId')}, PrincipalId: ${String(grant['principalId'] ?? '')}, ResourceId: ${textOf(grant, 'resourceId')}, ConsentType: ${textOf(grant, 'consentType')}, Scope: ${after ?? ''}]]`;
  recordAct(state, actor, [
    {
      service: 'Core Directory',
      category: 'ApplicationManagement',
      activity,
      operationType: after === undefined ? 'Unassign' : 'Assign',
      targets: [
        target('ServicePrincipal', textOf(resource, 'id'), textOf(resource, 'displayName') || null, [
          modifiedProperty('DelegatedPermissionGrant.Scope', before, after),
          modifiedProperty('DelegatedPermissionGrant.ConsentType', undefined, textOf(grant, 'consentType')),
          modifiedProperty('ServicePrincipal.ObjectID', undefined, textOf(grant, 'clientId')),
        ]),
        clientTarget([]),
      ],
    },
    ...(consent
      ? [
          {
            service: 'Core Directory' as const,
            category: 'ApplicationManagement' as const,
            activity: 'Consent to application',
            operationType: 'Assign' as const,
            targets: [
              clientTarget([
                modifiedProperty(
                  'ConsentContext.IsAdminConsent',
                  undefined,
                  grant['consentType'] === 'AllPrincipals' ? 'True' : 'False',
                ),
                modifiedProperty('ConsentAction.Permissions', '[]', permissions),
              ]),
            ],
          },
        ]
      : []),
  ]);
}
