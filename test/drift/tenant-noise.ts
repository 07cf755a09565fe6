import type { DemoTenant } from '../../demo/demo-tenant.js';
import type { Fault } from '../../demo/faults/fault-registry.js';
import { Prng } from '../../demo/generate/prng.js';
import { GLOBAL_ADMINISTRATOR } from '../../demo/generate/role-catalogue.js';
import { stirAnswers } from '../../demo/harmless-edits.js';
import { type JsonObject, textOf } from '../../demo/store/json.types.js';
import type { CollectionName } from '../../demo/store/tenant-state.js';

const ROLE_LISTS = ['roleAssignmentScheduleInstances', 'roleEligibilityScheduleInstances'] as const;

/** Lists of which a replica leaves something out now and then, by their collection. */
const FLAPPING_LISTS: [string, CollectionName][] = [
  ['/applications', 'applications'],
  ['/servicePrincipals', 'servicePrincipals'],
  ['/oauth2PermissionGrants', 'oauth2PermissionGrants'],
  ['/roleManagement/directory/roleAssignmentScheduleInstances', 'roleAssignmentScheduleInstances'],
  ['/roleManagement/directory/roleEligibilityScheduleInstances', 'roleEligibilityScheduleInstances'],
  ['/servicePrincipals/*/appRoleAssignedTo', 'appRoleAssignments'],
  ['/directoryObjects/getByIds', 'users'],
  ['/directoryObjects/getByIds', 'groups'],
  ['/identity/conditionalAccess/policies', 'conditionalAccessPolicies'],
];
const HIDDEN_AT_ONCE = 2;
/** The answers of one reading that a lag of this list can show in; whoever asks again asks another replica. */
const ANSWERS: Partial<Record<CollectionName, number>> = { users: 2 };

const PASSING: Omit<Fault, 'path'>[] = [
  { kind: 'throttle' },
  { kind: 'throttle', times: 2 },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 500 },
  { kind: 'batchItem', status: 429, times: 3 },
];
const PASSING_PATHS = ['*/applications*', '*/servicePrincipals*', '*/policies/*', '*/roleManagement/*', '*/domains*'];

/**
 * Everything that Graph does without anybody having changed anything, by a seed: orders, dates, ids that are made anew, objects that
 * one answer leaves out or lists too many, throttling that passes. What flapped stands still in the next round, because no lag
 * that was ever measured lasted two readings.
 */
export class TenantNoise {
  private readonly random: Prng;
  private rested = new Set<string>();
  private readonly known: ReadonlyMap<CollectionName, readonly string[]>;
  /** Faults that were set, by kind. */
  readonly made = new Map<string, number>();

  constructor(
    private readonly tenant: DemoTenant,
    seed: number,
  ) {
    this.random = new Prng(seed, 'noise');
    const { collections } = tenant.state;
    this.known = new Map(FLAPPING_LISTS.map(([, name]) => [name, this.namesOf(name, [...collections[name].values()])]));
  }

  /**
   * Sets the tenant up for one scan.
   *
   * @param spared ids that no answer leaves out, because the scan is to find a change in them
   */
  stir(spared: ReadonlySet<string> = new Set()): void {
    const { tenant, random } = this;
    stirAnswers(tenant.state, random);
    if (random.chance(0.5)) this.renewInstances();
    tenant.setFaults();
    const flapped = new Set<string>();
    const faults: Fault[] = [];
    for (const [path, name] of FLAPPING_LISTS) {
      if (!random.chance(0.4)) continue;
      const rows = random.chance(0.3) ? this.ghosts(name) : [];
      const lists = this.known.get(name) ?? [];
      const keys = random.sample(
        lists.filter((key) => !this.rested.has(key) && !spared.has(key)),
        random.between(0, HIDDEN_AT_ONCE),
      );
      for (const key of [...keys, ...rows.map((row) => keyOf(name, row))]) flapped.add(key);
      faults.push({ kind: 'flap', path, ids: this.idsOf(name, keys), rows, times: ANSWERS[name] ?? 1 });
    }
    if (random.chance(0.5)) faults.push({ times: 1, ...random.pick(PASSING), path: random.pick(PASSING_PATHS) });
    this.rested = flapped;
    for (const { kind } of faults) this.made.set(kind, (this.made.get(kind) ?? 0) + 1);
    tenant.setFaults(...faults);
  }

  /** Ids of instances are made anew when a schedule is touched. */
  private renewInstances(): void {
    const { state } = this.tenant;
    for (const name of ROLE_LISTS) {
      for (const row of [...state.collections[name].values()]) {
        state.collections[name].delete(textOf(row, 'id'));
        state.collections[name].set({ ...row, id: state.ids.guid() });
      }
    }
  }

  private namesOf(name: CollectionName, rows: JsonObject[]): string[] {
    const ofUs = name === 'conditionalAccessPolicies' ? rows.filter((row) => row['state'] === 'enabled') : rows;
    return ofUs.map((row) => keyOf(name, row));
  }

  private idsOf(name: CollectionName, keys: readonly string[]): string[] {
    const wanted = new Set(keys);
    const rows = [...this.tenant.state.collections[name].values()];
    return rows.filter((row) => wanted.has(keyOf(name, row))).map((row) => textOf(row, 'id'));
  }

  /** Objects that were deleted, and that a replica still lists. */
  private ghosts(name: CollectionName): JsonObject[] {
    const { state, cast } = this.tenant;
    const id = state.ids.guid();
    switch (name) {
      case 'applications':
      case 'servicePrincipals':
        return [{ id, appId: state.ids.guid(), displayName: 'A ghost', servicePrincipalType: 'Application' }];
      case 'roleAssignmentScheduleInstances': {
        const principalId = this.random.pick(cast.memberIds.filter((one) => !this.rested.has(ghostKey(one))));
        const [pattern] = [...state.collections[name].values()];
        return [{ ...pattern, id, principalId, roleDefinitionId: GLOBAL_ADMINISTRATOR, directoryScopeId: '/' }];
      }
      default:
        return [];
    }
  }
}

function ghostKey(principalId: string): string {
  return `${principalId}|${GLOBAL_ADMINISTRATOR}`;
}

/** What an object is known by over rounds in which its id changes. */
function keyOf(name: CollectionName, row: JsonObject): string {
  return name.startsWith('role')
    ? `${textOf(row, 'principalId')}|${textOf(row, 'roleDefinitionId')}`
    : textOf(row, 'id');
}
