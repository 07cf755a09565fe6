import { lookupOf, type SnapshotLookup } from '../classify/evaluation-context.js';
import { at } from '../normalise/json-members.js';
import { isCovered } from '../normalise/path-patterns.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { CollectedType, SnapshotObject, TenantSnapshot } from '../snapshot/snapshot.types.js';
import type { ControlInput, ControlNeed } from './control.types.js';

/** Who and what may be left out of a control: ids of users, groups and applications, or kinds of guests. */
export interface AllowedExclusions {
  /** Out of every control: the accounts for emergencies. */
  breakGlassIds: ReadonlySet<string>;
  /** By the control's id. */
  byControl?: ReadonlyMap<string, ReadonlySet<string>>;
}

export const NOTHING_ALLOWED: AllowedExclusions = { breakGlassIds: new Set() };

/** What a snapshot says of a type beside its objects. */
export type TypeState = Omit<CollectedType, 'resourceType' | 'objects'>;

/** Where controls read: a snapshot in memory, the file of one, or one in the store of which only what they ask for is loaded. */
export interface ControlSource {
  lookup: SnapshotLookup;
  types: ReadonlyMap<ResourceType, TypeState>;
  /** Users of whom the source itself says which roles they have; absent where it says it of nobody. */
  privilegedUsers?: readonly SnapshotObject[];
  /** Names of the tenant's service plans, where the source says. */
  servicePlans?: ReadonlySet<string>;
  /** What the source's own configuration allows, by the control's id. */
  allowedExclusions?: ReadonlyMap<string, ReadonlySet<string>>;
}

export function sourceOf(snapshot: TenantSnapshot): ControlSource {
  const { types, servicePlans, allowedExclusions } = snapshot;
  return {
    lookup: lookupOf(snapshot),
    types,
    privilegedUsers: (types.get('user')?.objects ?? []).filter(
      ({ evidence }) => at(evidence, PRIVILEGED_ROLES) !== undefined,
    ),
    ...(servicePlans === undefined ? {} : { servicePlans }),
    ...(allowedExclusions === undefined ? {} : { allowedExclusions }),
  };
}

/** In the evidence of a user. */
export const PRIVILEGED_ROLES = '/privilegedRoles';

const P2_PLAN = 'AAD_PREMIUM_P2';

export function controlInput(source: ControlSource, allowed: AllowedExclusions): ControlInput {
  const { lookup, types, privilegedUsers = [], servicePlans, allowedExclusions } = source;
  const breakGlass = lowered(allowed.breakGlassIds);
  const byControl = [allowedExclusions, allowed.byControl].map(
    (configured) => new Map([...(configured ?? [])].map(([id, ids]) => [id, lowered(ids)])),
  );
  return {
    objects: lookup.objects,
    find: lookup.find,
    privilegedUsers,
    lacks: (need) => whyLacking(types.get(need.type), need),
    hasP2: servicePlans?.has(P2_PLAN) ?? true,
    isAllowed: (controlId, id) =>
      breakGlass.has(id.toLowerCase()) || byControl.some((ids) => ids.get(controlId)?.has(id.toLowerCase()) === true),
  };
}

function whyLacking(state: TypeState | undefined, { type, paths = [] }: ControlNeed): string | null {
  const { title } = RESOURCE_TYPE_CATALOGUE[type];
  if (state === undefined) return `${title}: this source doesn't carry them`;
  if (state.status !== 'complete') return `${title}: ${state.reason ?? 'they were not read completely'}`;
  const unknown = paths.find((path) => !isCarried(state, path));
  return unknown === undefined ? null : `${title}: this source doesn't carry ${unknown}`;
}

/** Members that a source cut off or doesn't know say nothing, while others that are missing are empty. */
function isCarried({ notCarried = [], carries }: TypeState, path: string): boolean {
  if (notCarried.some((pattern) => isCovered(path, pattern))) return false;
  if (carries === undefined) return true;
  const known = new Set(carries);
  let prefix = path;
  while (prefix !== '' && !known.has(prefix)) prefix = prefix.slice(0, prefix.lastIndexOf('/'));
  // Nothing is written below a known member that is empty throughout, and then it is empty here too.
  return prefix === path || (prefix !== '' && !carries.some((member) => member.startsWith(`${prefix}/`)));
}

function lowered(ids: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...ids].map((id) => id.toLowerCase()));
}
