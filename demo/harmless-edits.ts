import { type Actor, userActor } from './audit/actor.js';
import { sevenDigits } from './audit/audit-event.js';
import type { DemoTenant } from './demo-tenant.types.js';
import { Prng } from './generate/prng.js';
import { updateApplicationObject } from './mutations/application-mutations.js';
import { updateConditionalAccessObject } from './mutations/conditional-access-mutations.js';
import { type GraphObject, isJsonObject, type JsonObject, objectsOf, textOf, textsOf } from './store/json.types.js';
import { COLLECTIONS, type TenantState } from './store/tenant-state.js';

/** An edit that nobody should be woken for. */
export interface AppliedEdit {
  kind:
    | 'applicationRenamed'
    | 'policyRenamed'
    | 'descriptionEdited'
    | 'listsReordered'
    | 'answersReordered'
    | 'datesTouched'
    | 'policyEnabled';
  resourceType: string;
  /** Graph id; '' where the edit concerns many objects. */
  resourceKey: string;
  /** JSON Pointer of what was edited; '' for the object as a whole. */
  path: string;
  displayName: string;
}

/** The registration with which the tenant is read. */
const WATCHER_NAME = 'BlindspotX';
const RECENT_MS = 600_000;

/** Members of policies whose order means nothing, and that Graph therefore sends in whatever order it likes. */
const SETS = [
  ['conditions', 'users', 'includeRoles'],
  ['conditions', 'users', 'excludeUsers'],
  ['conditions', 'users', 'excludeGroups'],
  ['conditions', 'clientAppTypes'],
  ['conditions', 'platforms', 'excludePlatforms'],
  ['grantControls', 'builtInControls'],
];

/** Edits without danger, by a drawn administrator: two renames, a description, other orders, newer dates, one policy enforced. */
export function applyHarmlessEdits(tenant: Pick<DemoTenant, 'state' | 'cast'>, seed: number): AppliedEdit[] {
  const { state } = tenant;
  const random = new Prng(seed, 'harmless');
  const actor = userActor(state, random.pick([tenant.cast.administratorId, ...tenant.cast.adminIds]));
  const spared = recentlyTouched(state);
  return [
    renameApplication(state, actor, random, spared),
    ...editPolicies(state, actor, random, spared),
    editDescription(state, actor, random, spared),
    reorderMembers(state, random),
    reorderAnswers(state, random),
    touchDates(state),
  ];
}

/** What Graph does without anybody having changed anything: other orders, inside of lists too, and newer dates. */
export function stirAnswers(state: TenantState, random: Prng): void {
  reorderMembers(state, random);
  reorderAnswers(state, random);
  touchDates(state);
}

function renameApplication(state: TenantState, actor: Actor, random: Prng, spared: Set<string>): AppliedEdit {
  const app = random.pick(otherApplications(state, spared));
  const displayName = `${textOf(app, 'displayName')} (EU)`;
  updateApplicationObject(state, actor, 'applications', textOf(app, 'id'), { displayName });
  return {
    kind: 'applicationRenamed',
    resourceType: 'application',
    resourceKey: textOf(app, 'id'),
    path: '/displayName',
    displayName,
  };
}

/** Applications other than the watcher's own registration and the ones that were just acted on. */
function otherApplications(state: TenantState, spared: Set<string>): JsonObject[] {
  return [...state.collections.applications.values()].filter(
    (app) => app['displayName'] !== WATCHER_NAME && !spared.has(textOf(app, 'id')),
  );
}

/** Renames one policy and enforces another that was only reporting; not one that was put into reporting a moment ago. */
function editPolicies(state: TenantState, actor: Actor, random: Prng, spared: Set<string>): AppliedEdit[] {
  const policies = [...state.collections.conditionalAccessPolicies.values()].filter(
    (policy) => !spared.has(textOf(policy, 'id')),
  );
  const reporting = policies.filter((policy) => policy['state'] === 'enabledForReportingButNotEnforced');
  const tightened = random.pick(reporting);
  const renamed = random.pick(policies.filter((policy) => policy !== tightened));
  const displayName = `${textOf(renamed, 'displayName')} v2`;
  updateConditionalAccessObject(state, actor, 'conditionalAccessPolicies', textOf(renamed, 'id'), { displayName });
  updateConditionalAccessObject(state, actor, 'conditionalAccessPolicies', textOf(tightened, 'id'), {
    state: 'enabled',
  });
  return [
    {
      kind: 'policyRenamed',
      resourceType: 'conditionalAccessPolicy',
      resourceKey: textOf(renamed, 'id'),
      path: '/displayName',
      displayName,
    },
    {
      kind: 'policyEnabled',
      resourceType: 'conditionalAccessPolicy',
      resourceKey: textOf(tightened, 'id'),
      path: '/state',
      displayName: textOf(tightened, 'displayName'),
    },
  ];
}

function editDescription(state: TenantState, actor: Actor, random: Prng, spared: Set<string>): AppliedEdit {
  const app = random.pick(otherApplications(state, spared));
  updateApplicationObject(state, actor, 'applications', textOf(app, 'id'), {
    description: 'Owned by the platform team; see the service catalogue',
  });
  return {
    kind: 'descriptionEdited',
    resourceType: 'application',
    resourceKey: textOf(app, 'id'),
    path: '/description',
    displayName: textOf(app, 'displayName'),
  };
}

/** The order inside of sets changes without anybody doing anything, so no audit event is written. */
function reorderMembers(state: TenantState, random: Prng): AppliedEdit {
  const { conditionalAccessPolicies, authenticationStrengthPolicies, roleDefinitions } = state.collections;
  for (const policy of [...conditionalAccessPolicies.values()]) {
    const copy = structuredClone(policy);
    for (const path of SETS) shuffleAt(copy, path, random);
    conditionalAccessPolicies.set(keep(copy));
  }
  for (const strength of [...authenticationStrengthPolicies.values()]) {
    authenticationStrengthPolicies.set(
      keep({ ...strength, allowedCombinations: random.shuffle(textsOf(strength, 'allowedCombinations')) }),
    );
  }
  for (const role of [...roleDefinitions.values()]) {
    const copy = structuredClone(role);
    for (const part of Array.isArray(copy['rolePermissions']) ? copy['rolePermissions'] : [])
      if (isJsonObject(part)) shuffleAt(part, ['allowedResourceActions'], random);
    roleDefinitions.set(keep(copy));
  }
  return {
    kind: 'listsReordered',
    resourceType: 'authenticationStrengthPolicy',
    resourceKey: '',
    path: '',
    displayName: 'the order inside of sets',
  };
}

function reorderAnswers(state: TenantState, random: Prng): AppliedEdit {
  for (const name of COLLECTIONS)
    state.collections[name].reorder((ids) => (ids.length > 5000 ? ids : random.shuffle(ids)));
  return {
    kind: 'answersReordered',
    resourceType: 'conditionalAccessPolicy',
    resourceKey: '',
    path: '',
    displayName: 'the order of every list',
  };
}

function touchDates(state: TenantState): AppliedEdit {
  const now = sevenDigits(state.now());
  for (const name of ['conditionalAccessPolicies', 'namedLocations', 'authenticationStrengthPolicies'] as const) {
    for (const row of [...state.collections[name].values()])
      state.collections[name].set(keep({ ...row, modifiedDateTime: now }));
  }
  state.singletons.authenticationMethodsPolicy = {
    ...state.singletons.authenticationMethodsPolicy,
    lastModifiedDateTime: now,
  };
  return {
    kind: 'datesTouched',
    resourceType: 'namedLocation',
    resourceKey: '',
    path: '',
    displayName: 'modification dates',
  };
}

function shuffleAt(object: JsonObject, path: string[], random: Prng): void {
  const [member = '', ...rest] = path;
  const value = object[member];
  if (rest.length > 0) {
    if (isJsonObject(value)) shuffleAt(value, rest, random);
  } else if (Array.isArray(value)) object[member] = random.shuffle(value);
}

/** Ids that somebody acted on a moment ago: an edit of the same object would blur who did what. */
function recentlyTouched(state: TenantState): Set<string> {
  const since = new Date(state.now().getTime() - RECENT_MS).toISOString();
  const recent = state.audit.visible().filter((event) => textOf(event, 'activityDateTime') >= since);
  return new Set(recent.flatMap((event) => objectsOf(event, 'targetResources').map((one) => textOf(one, 'id'))));
}

function keep(row: JsonObject): GraphObject {
  return { ...row, id: textOf(row, 'id') };
}
