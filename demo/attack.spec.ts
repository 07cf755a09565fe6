import { applyAttack, applyHarmlessEdits } from './attack.js';
import { generateTenant } from './generate/generate-tenant.js';
import { GLOBAL_ADMINISTRATOR } from './generate/role-catalogue.js';
import { DEFAULT_SIZE } from './generate/tenant-plan.js';
import { isJsonObject, type Json, type JsonObject, objectsOf, textOf, textsOf } from './store/json.types.js';
import { COLLECTIONS, type TenantState } from './store/tenant-state.js';

const make = (seed: number) =>
  generateTenant(seed, DEFAULT_SIZE, { clientId: 'c', redirectUris: [] }, () => new Date('2026-06-10T12:00:00Z'));
const SEEDS = [1, 2, 3, 4, 5, 99, 12345];

function copyOf(state: TenantState): Map<string, JsonObject> {
  return new Map(
    COLLECTIONS.flatMap((name) =>
      [...state.collections[name].values()].map((row): [string, JsonObject] => [
        `${name}/${row['id']}`,
        structuredClone(row),
      ]),
    ),
  );
}

/** Order of lists and dates of modification left out: what a careful reader compares. */
function essence(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(essence).sort().join()}]`;
  if (!isJsonObject(value)) return JSON.stringify(value) ?? '';
  const members = Object.keys(value).filter((member) => !/modifiedDateTime$/i.test(member));
  return `{${members
    .sort()
    .map((member) => `${member}:${essence(value[member])}`)
    .join()}}`;
}

describe('applyAttack', () => {
  it.each(SEEDS)('makes the four changes that it tells of, with seed %i', (seed) => {
    const tenant = make(seed);
    const before = copyOf(tenant.state);
    const [weakened, excluded, admin, credential] = applyAttack(tenant, seed);
    const { conditionalAccessPolicies, roleAssignmentScheduleInstances, applications } = tenant.state.collections;
    expect(before.get(`conditionalAccessPolicies/${weakened?.resourceKey}`)).toMatchObject({ state: 'enabled' });
    expect(conditionalAccessPolicies.get(weakened?.resourceKey ?? '')).toMatchObject({
      state: 'enabledForReportingButNotEnforced',
    });

    const excludedOf = (policy: JsonObject | undefined) => {
      const conditions = policy?.['conditions'];
      return isJsonObject(conditions) && isJsonObject(conditions['users'])
        ? textsOf(conditions['users'], 'excludeUsers')
        : [];
    };
    const pierced = conditionalAccessPolicies.get(excluded?.resourceKey ?? '');
    expect(pierced).toMatchObject({ state: 'enabled' });
    expect(excludedOf(pierced).length).toBe(
      excludedOf(before.get(`conditionalAccessPolicies/${excluded?.resourceKey}`)).length + 1,
    );

    const [principalId, role] = admin?.resourceKey.split('|') ?? [];
    const rows = roleAssignmentScheduleInstances
      .where('principalId', principalId ?? '')
      .filter((row) => row['roleDefinitionId'] === role);
    expect([role, rows]).toMatchObject([GLOBAL_ADMINISTRATOR, [{ endDateTime: null, assignmentType: 'Assigned' }]]);

    const keyId = credential?.path.split('/').at(-1);
    expect(objectsOf(applications.get(credential?.resourceKey ?? '') ?? {}, 'passwordCredentials')).toContainEqual(
      expect.objectContaining({ keyId }),
    );
  });

  it.each(SEEDS)('leaves events of the drawn account for each change, with seed %i', (seed) => {
    const tenant = make(seed);
    const attacks = applyAttack(tenant, seed);
    const targets = attacks.map((attack) => attack.resourceKey.split('|')[0] ?? '');
    for (const [position, id] of targets.entries()) {
      const events = tenant.state.audit
        .visible()
        .filter(
          (event) =>
            objectsOf(event, 'targetResources').some((one) => one['id'] === id) &&
            textOf(event, 'activityDateTime') >= '2026-06-10T12',
        );
      expect(events.length).toBeGreaterThan(0);
      for (const event of events)
        expect(event).toMatchObject({ initiatedBy: { user: { id: attacks[position]?.actorObjectId } } });
    }
    expect(attacks[0]?.actorObjectId).not.toBe(tenant.cast.administratorId);
  });

  it('draws the same targets for the same seed and others for another', () => {
    const targets = (seed: number) => applyAttack(make(7), seed).map((attack) => attack.resourceKey);
    expect(targets(1)).toEqual(targets(1));
    expect(new Set(SEEDS.map((seed) => targets(seed).join())).size).toBeGreaterThan(4);
  });
});

describe('applyHarmlessEdits', () => {
  it.each(SEEDS)('changes nothing beyond what it tells of, with seed %i', (seed) => {
    const tenant = make(seed);
    applyAttack(tenant, seed);
    const before = copyOf(tenant.state);
    const edits = applyHarmlessEdits(tenant, seed);
    const after = copyOf(tenant.state);
    const changed = [...after]
      .filter(([key, row]) => essence(row) !== essence(before.get(key)))
      .map(([key]) => key.split('/')[1]);
    const told = edits.map((edit) => edit.resourceKey).filter(Boolean);
    expect(changed.sort()).toEqual([...new Set(told)].sort());
    expect(after.size).toBe(before.size);
  });

  it('enforces a policy that was only reporting, and not the one that the attack put into reporting', () => {
    for (const seed of SEEDS) {
      const tenant = make(seed);
      const [weakened] = applyAttack(tenant, seed);
      const enforced = applyHarmlessEdits(tenant, seed).find((edit) => edit.kind === 'policyEnabled');
      expect(enforced?.resourceKey).not.toBe(weakened?.resourceKey);
      expect(tenant.state.collections.conditionalAccessPolicies.get(weakened?.resourceKey ?? '')).toMatchObject({
        state: 'enabledForReportingButNotEnforced',
      });
    }
  });

  it('spares the objects that were attacked, so that who did what stays clear', () => {
    for (const seed of SEEDS) {
      const tenant = make(seed);
      const attacked = applyAttack(tenant, seed).map((attack) => attack.resourceKey);
      const edited = applyHarmlessEdits(tenant, seed).map((edit) => edit.resourceKey);
      expect(edited.filter((id) => attacked.includes(id))).toEqual([]);
    }
  });

  it('really gives sets and lists another order and dates another value', () => {
    const tenant = make(3);
    const order = () => [...tenant.state.collections.roleDefinitions.values()].map((row) => JSON.stringify(row));
    const strengths = () =>
      [...tenant.state.collections.authenticationStrengthPolicies.values()].find(
        (row) => row['displayName'] === 'Multifactor authentication',
      );
    const [orderBefore, strengthBefore] = [order(), strengths()];
    applyHarmlessEdits(tenant, 3);
    expect(order()).not.toEqual(orderBefore);
    expect(strengths()?.['allowedCombinations']).not.toEqual(strengthBefore?.['allowedCombinations']);
    expect(strengths()?.['modifiedDateTime']).not.toBe(strengthBefore?.['modifiedDateTime']);
  });
});
