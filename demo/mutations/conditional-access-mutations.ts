import type { Actor } from '../audit/actor.js';
import { modifiedProperty, recordAct, sevenDigits, target } from '../audit/audit-event.js';
import { badRequest, notFound } from '../graph/graph-failure.js';
import { type GraphObject, isJsonObject, type JsonObject, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { mergePatch } from './merge-patch.js';

/** The two kinds of object that the Conditional Access service keeps, and what its audit events call them. */
const KINDS = {
  conditionalAccessPolicies: { noun: 'conditional access policy', property: 'ConditionalAccessPolicy' },
  namedLocations: { noun: 'named location', property: 'NamedLocation' },
} as const;
type Kind = keyof typeof KINDS;
const STATES = ['enabled', 'disabled', 'enabledForReportingButNotEnforced'];

export function createConditionalAccessObject(
  state: TenantState,
  actor: Actor,
  kind: Kind,
  body: JsonObject,
): JsonObject {
  check(kind, body, true);
  const now = sevenDigits(state.now());
  const created: GraphObject = {
    ...(kind === 'conditionalAccessPolicies' ? EMPTY_POLICY : {}),
    ...body,
    id: state.ids.guid(),
    createdDateTime: now,
    modifiedDateTime: null,
    deletedDateTime: null,
  };
  state.collections[kind].set(created);
  record(state, actor, kind, undefined, created);
  return created;
}

export function updateConditionalAccessObject(
  state: TenantState,
  actor: Actor,
  kind: Kind,
  id: string,
  patch: JsonObject,
): JsonObject {
  const before = state.collections[kind].get(id);
  if (!before) throw notFound(id);
  check(kind, patch, false);
  const after: GraphObject = { ...mergePatch(before, patch), id, modifiedDateTime: sevenDigits(state.now()) };
  state.collections[kind].set(after);
  record(state, actor, kind, before, after);
  return after;
}

export function deleteConditionalAccessObject(state: TenantState, actor: Actor, kind: Kind, id: string): void {
  const before = state.collections[kind].get(id);
  if (!before) throw notFound(id);
  state.collections[kind].delete(id);
  record(state, actor, kind, before, undefined);
}

/** Entra's directory writes its event first; the Conditional Access service follows with both versions in full. */
function record(
  state: TenantState,
  actor: Actor,
  kind: Kind,
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): void {
  const verb = !before ? 'Add' : after ? 'Update' : 'Delete';
  const object = after ?? before ?? {};
  const id = textOf(object, 'id');
  const displayName = textOf(object, 'displayName');
  const { noun, property } = KINDS[kind];
  recordAct(state, actor, [
    {
      service: 'Core Directory',
      category: 'Policy',
      activity: `${verb} policy`,
      operationType: verb,
      targets: [
        target('Policy', id, displayName, [
          modifiedProperty('PolicyDetail', before && [JSON.stringify(before)], after && [JSON.stringify(after)]),
        ]),
      ],
    },
    {
      service: 'Conditional Access',
      category: 'Policy',
      activity: `${verb} ${noun}`,
      operationType: verb,
      targets: [
        target('Policy', id, displayName, [
          modifiedProperty(property, before && audited(before), after && audited(after)),
        ]),
      ],
      details: { Category: 'Conditional Access' },
    },
  ]);
}

/** The audit log writes the built-in controls with other letters than the API does. */
function audited(object: JsonObject): JsonObject {
  const grant = object['grantControls'];
  const controls = isJsonObject(grant) ? grant['builtInControls'] : undefined;
  if (!isJsonObject(grant) || !Array.isArray(controls)) return object;
  return {
    ...object,
    grantControls: { ...grant, builtInControls: controls.map((control) => (control === 'mfa' ? 'Mfa' : control)) },
  };
}

function check(kind: Kind, body: JsonObject, complete: boolean): void {
  if (complete && typeof body['displayName'] !== 'string') throw badRequest('A displayName is required.');
  if (kind !== 'conditionalAccessPolicies') return;
  const state = body['state'];
  if ((complete || state !== undefined) && !STATES.includes(String(state))) {
    throw badRequest(`Invalid policy state '${String(state)}'. It must be one of ${STATES.join(', ')}.`);
  }
  if (complete && !isJsonObject(body['conditions'])) throw badRequest('1001: The policy has no conditions.');
}

const EMPTY_POLICY: JsonObject = { templateId: null, grantControls: null, sessionControls: null };
