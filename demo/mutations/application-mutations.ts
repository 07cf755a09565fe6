import { createHash, randomBytes } from 'node:crypto';
import type { Actor } from '../audit/actor.js';
import { type AuditEventPlan, modifiedProperty, recordAct, sevenDigits, target } from '../audit/audit-event.js';
import { application, servicePrincipal } from '../generate/applications.js';
import { badRequest, notFound } from '../graph/graph-failure.js';
import { type GraphObject, type Json, type JsonObject, objectsOf, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { keepDeleted } from './deleted-items.js';
import { changedMembers, mergePatch } from './merge-patch.js';

/** Applications and service principals take the same acts; only the audit log's words differ. */
export type ApplicationKind = 'applications' | 'servicePrincipals';

const WORDS = {
  applications: {
    noun: 'application',
    type: 'Application',
    credentials: 'Update application – Certificates and secrets management ',
  },
  servicePrincipals: {
    noun: 'service principal',
    type: 'ServicePrincipal',
    credentials: 'Add service principal credentials',
  },
} as const;
const TWO_YEARS_MS = 2 * 365 * 86_400_000;

export function createApplication(state: TenantState, actor: Actor, body: JsonObject): JsonObject {
  const displayName = textOf(body, 'displayName');
  if (!displayName) throw badRequest('A displayName is required.');
  const bare = application({
    id: state.ids.guid(),
    appId: state.ids.guid(),
    displayName,
    redirectUris: [],
    permissions: [],
    multiTenant: false,
  });
  const created: GraphObject = {
    ...mergePatch(bare, body),
    id: bare.id,
    appId: bare['appId'] ?? null,
    createdDateTime: sevenDigits(state.now()),
  };
  state.collections.applications.set(created);
  state.changes.record('applications', created.id);
  record(state, actor, 'applications', 'Add application', 'Add', created, [
    modifiedProperty('DisplayName', [], [displayName]),
  ]);
  return created;
}

export function createServicePrincipal(state: TenantState, actor: Actor, appId: string): JsonObject {
  const [app] = state.collections.applications.where('appId', appId);
  if (!app) throw badRequest(`The appId '${appId}' does not refer to an application of this tenant.`);
  const created = servicePrincipal(state.ids.guid(), app, state.tenantId);
  state.collections.servicePrincipals.set(created);
  state.changes.record('servicePrincipals', created.id);
  record(state, actor, 'servicePrincipals', 'Add service principal', 'Add', created, [
    modifiedProperty('AppPrincipalId', [], [appId]),
  ]);
  return created;
}

export function updateApplicationObject(
  state: TenantState,
  actor: Actor,
  kind: ApplicationKind,
  id: string,
  patch: JsonObject,
): JsonObject {
  const before = existing(state, kind, id);
  const after: GraphObject = { ...mergePatch(before, patch), id };
  store(state, kind, after);
  const changed = changedMembers(before, after);
  const properties = changed.map((member) =>
    modifiedProperty(capital(member), listOf(before[member]), listOf(after[member])),
  );
  record(state, actor, kind, `Update ${WORDS[kind].noun}`, 'Update', after, [
    ...properties,
    modifiedProperty('Included Updated Properties', undefined, changed.map(capital).join(', ')),
  ]);
  return after;
}

export function deleteApplicationObject(state: TenantState, actor: Actor, kind: ApplicationKind, id: string): void {
  const before = existing(state, kind, id);
  keepDeleted(state, kind, before);
  state.collections[kind].delete(id);
  state.changes.record(kind, id, { deleted: true });
  for (const [keyId, secret] of state.secretDigests)
    if (secret.appId === before['appId']) state.secretDigests.delete(keyId);
  record(
    state,
    actor,
    kind,
    `${kind === 'applications' ? 'Delete' : 'Remove'} ${WORDS[kind].noun}`,
    'Delete',
    before,
    [],
  );
}

/** Adds a client secret; the answer is the only place where its text ever appears. */
export function addPassword(
  state: TenantState,
  actor: Actor,
  kind: ApplicationKind,
  id: string,
  about: JsonObject = {},
): JsonObject {
  const before = existing(state, kind, id);
  const secretText = `demo~${randomBytes(27).toString('base64url')}`;
  const now = state.now();
  const credential: JsonObject = {
    customKeyIdentifier: null,
    displayName: about['displayName'] ?? null,
    startDateTime: sevenDigits(now),
    endDateTime: about['endDateTime'] ?? sevenDigits(new Date(now.getTime() + TWO_YEARS_MS)),
    hint: secretText.slice(0, 3),
    keyId: state.ids.guid(),
    secretText: null,
  };
  replaceCredentials(state, actor, kind, before, {
    passwordCredentials: [...objectsOf(before, 'passwordCredentials'), credential],
  });
  state.secretDigests.set(String(credential['keyId']), {
    appId: textOf(before, 'appId'),
    digest: digestOf(secretText),
    endsAt: new Date(String(credential['endDateTime'])),
  });
  return { ...credential, secretText };
}

export function removePassword(
  state: TenantState,
  actor: Actor,
  kind: ApplicationKind,
  id: string,
  keyId: string,
): void {
  const before = existing(state, kind, id);
  const kept = objectsOf(before, 'passwordCredentials').filter((credential) => credential['keyId'] !== keyId);
  if (kept.length === objectsOf(before, 'passwordCredentials').length)
    throw badRequest('No credentials found to be removed.');
  state.secretDigests.delete(keyId);
  replaceCredentials(state, actor, kind, before, { passwordCredentials: kept });
}

export function addKey(
  state: TenantState,
  actor: Actor,
  kind: ApplicationKind,
  id: string,
  key: JsonObject,
): JsonObject {
  const before = existing(state, kind, id);
  const now = state.now();
  const credential: JsonObject = {
    customKeyIdentifier: null,
    displayName: 'CN=added',
    startDateTime: sevenDigits(now),
    endDateTime: sevenDigits(new Date(now.getTime() + TWO_YEARS_MS)),
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
    ...key,
    key: null,
    keyId: state.ids.guid(),
  };
  replaceCredentials(state, actor, kind, before, {
    keyCredentials: [...objectsOf(before, 'keyCredentials'), credential],
  });
  return credential;
}

export function removeKey(state: TenantState, actor: Actor, kind: ApplicationKind, id: string, keyId: string): void {
  const before = existing(state, kind, id);
  replaceCredentials(state, actor, kind, before, {
    keyCredentials: objectsOf(before, 'keyCredentials').filter((credential) => credential['keyId'] !== keyId),
  });
}

export function addFederatedCredential(
  state: TenantState,
  actor: Actor,
  applicationId: string,
  body: JsonObject,
): JsonObject {
  const app = existing(state, 'applications', applicationId);
  const before = state.federatedIdentityCredentials.get(applicationId) ?? [];
  const created: JsonObject = {
    description: null,
    audiences: ['api://AzureADTokenExchange'],
    ...body,
    id: state.ids.guid(),
  };
  setFederated(state, actor, app, before, [...before, created]);
  return created;
}

export function updateFederatedCredential(
  state: TenantState,
  actor: Actor,
  applicationId: string,
  key: string,
  patch: JsonObject,
): void {
  const app = existing(state, 'applications', applicationId);
  const before = state.federatedIdentityCredentials.get(applicationId) ?? [];
  if (!before.some((one) => one['id'] === key || one['name'] === key)) throw notFound(key);
  setFederated(
    state,
    actor,
    app,
    before,
    before.map((one) => (one['id'] === key || one['name'] === key ? mergePatch(one, patch) : one)),
  );
}

export function removeFederatedCredential(state: TenantState, actor: Actor, applicationId: string, key: string): void {
  const app = existing(state, 'applications', applicationId);
  const before = state.federatedIdentityCredentials.get(applicationId) ?? [];
  setFederated(
    state,
    actor,
    app,
    before,
    before.filter((one) => one['id'] !== key && one['name'] !== key),
  );
}

export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function setFederated(
  state: TenantState,
  actor: Actor,
  app: JsonObject,
  before: JsonObject[],
  after: JsonObject[],
): void {
  // Delta queries of applications don't speak of what stands below them.
  state.federatedIdentityCredentials.set(textOf(app, 'id'), after);
  record(state, actor, 'applications', 'Update application', 'Update', app, [
    modifiedProperty('FederatedIdentityCredentials', before, after),
  ]);
}

/** A credential changes: the directory writes the general update and, beside it, the event about credentials. */
function replaceCredentials(
  state: TenantState,
  actor: Actor,
  kind: ApplicationKind,
  before: JsonObject,
  patch: JsonObject,
): void {
  const after: GraphObject = { ...before, ...patch, id: textOf(before, 'id') };
  store(state, kind, after);
  const properties = [
    modifiedProperty('KeyDescription', keyDescriptions(before), keyDescriptions(after)),
    modifiedProperty('Included Updated Properties', undefined, 'KeyDescription'),
  ];
  const removed = keyDescriptions(after).length < keyDescriptions(before).length;
  const credentials =
    kind === 'servicePrincipals' && removed ? 'Remove service principal credentials' : WORDS[kind].credentials;
  recordAct(state, actor, [
    plan(kind, credentials, 'Update', after, properties),
    plan(kind, `Update ${WORDS[kind].noun}`, 'Update', after, [
      modifiedProperty('Included Updated Properties', undefined, ''),
    ]),
  ]);
}

function keyDescriptions(object: JsonObject): Json[] {
  const describe = (credential: JsonObject, type: string, usage: string): string =>
    `[KeyIdentifier=${textOf(credential, 'keyId')},KeyType=${type},KeyUsage=${usage},DisplayName=${textOf(credential, 'displayName')}]`;
  return [
    ...objectsOf(object, 'keyCredentials').map((key) => describe(key, 'AsymmetricX509Cert', 'Verify')),
    ...objectsOf(object, 'passwordCredentials').map((password) => describe(password, 'Password', 'Verify')),
  ];
}

function existing(state: TenantState, kind: ApplicationKind, id: string): JsonObject {
  const object = state.collections[kind].get(id);
  if (!object) throw notFound(id);
  return object;
}

function store(state: TenantState, kind: ApplicationKind, object: JsonObject & { id: string }): void {
  state.collections[kind].set(object);
  state.changes.record(kind, object.id);
}

function record(
  state: TenantState,
  actor: Actor,
  kind: ApplicationKind,
  activity: string,
  operation: AuditEventPlan['operationType'],
  object: JsonObject,
  modified: JsonObject[],
): void {
  recordAct(state, actor, [plan(kind, activity, operation, object, modified)]);
}

function plan(
  kind: ApplicationKind,
  activity: string,
  operationType: AuditEventPlan['operationType'],
  object: JsonObject,
  modified: JsonObject[],
): AuditEventPlan {
  return {
    service: 'Core Directory',
    category: 'ApplicationManagement',
    activity,
    operationType,
    targets: [target(WORDS[kind].type, textOf(object, 'id'), textOf(object, 'displayName'), modified)],
    details: { AppId: textOf(object, 'appId') },
  };
}

function listOf(value: Json | undefined): Json {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

function capital(member: string): string {
  return member.charAt(0).toUpperCase() + member.slice(1);
}
