import { COLLECTIONS, type TenantState } from '../store/tenant-state.js';
import { generateTenant } from './generate-tenant.js';
import { graphRoleId } from './permission-catalogue.js';
import { Prng } from './prng.js';
import { PRIVILEGED_ROLE_IDS } from './role-catalogue.js';
import { DEFAULT_SIZE } from './tenant-plan.js';

const now = () => new Date('2026-06-10T12:00:00Z');
const make = (seed: number, size = {}) =>
  generateTenant(seed, { ...DEFAULT_SIZE, ...size }, { clientId: 'c', redirectUris: [] }, now);
const everything = (state: TenantState) =>
  JSON.stringify([
    state.identity,
    COLLECTIONS.map((name) => [...state.collections[name].values()]),
    state.singletons,
    [...state.groupMembers],
    [...state.owners],
    [...state.roleManagementRules],
    [...state.administrativeUnitMembers],
    [...state.scopedRoleMembers],
    state.audit.visible(),
  ]);

describe('generateTenant', () => {
  it('gives the same tenant for the same seed, ids and audit log included', () => {
    expect(everything(make(11).state)).toBe(everything(make(11).state));
  });

  it('gives other ids and names for another seed', () => {
    const [a, b] = [make(1).state, make(2).state];
    const shared = a.collections.users.ids().filter((id) => b.collections.users.has(id));
    expect(shared).toEqual([]);
    expect(a.tenantId).not.toBe(b.tenantId);
  });

  it('is as big as asked', () => {
    const { state } = make(3);
    expect(state.counts()).toMatchObject({ users: 500, groups: 60, applications: 81, conditionalAccessPolicies: 25 });
    expect(make(3, { policies: 60 }).state.collections.conditionalAccessPolicies.size).toBe(60);
  });

  it('refers only to what exists', () => {
    const { state } = make(4);
    const {
      conditionalAccessPolicies,
      namedLocations,
      roleDefinitions,
      roleAssignmentScheduleInstances,
      appRoleAssignments,
    } = state.collections;
    const text = [...conditionalAccessPolicies.values()].map((policy) => JSON.stringify(policy['conditions'])).join();
    for (const list of [...text.matchAll(/"(?:in|ex)clude(Users|Groups|Roles|Locations)":\[([^\]]*)\]/g)]) {
      for (const id of (list[2] ?? '').match(/[0-9a-f-]{36}/g) ?? []) {
        expect(state.directoryObject(id) ?? namedLocations.get(id) ?? roleDefinitions.get(id)).toBeDefined();
      }
    }
    for (const row of roleAssignmentScheduleInstances.values()) {
      expect([
        state.directoryObject(String(row['principalId'])),
        roleDefinitions.get(String(row['roleDefinitionId'])),
      ]).not.toContain(undefined);
    }
    for (const row of appRoleAssignments.values())
      expect(state.directoryObject(String(row['principalId']))).toBeDefined();
  });

  it('knows the 35 roles that Microsoft marks as privileged and gives each role its 17 rules', () => {
    const { state } = make(5);
    expect(new Set(PRIVILEGED_ROLE_IDS).size).toBe(35);
    for (const rules of state.roleManagementRules.values())
      expect(new Set(rules.map((rule) => rule['id'])).size).toBe(17);
  });

  it('has applications with control-plane permissions in every tenant', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const held = [...make(seed).state.collections.appRoleAssignments.values()].map((row) => row['appRoleId']);
      expect(
        held.filter((id) =>
          [
            'RoleManagement.ReadWrite.Directory',
            'AppRoleAssignment.ReadWrite.All',
            'Directory.ReadWrite.All',
            'Application.ReadWrite.All',
            'UserAuthenticationMethod.ReadWrite.All',
          ]
            .map(graphRoleId)
            .includes(String(id)),
        ),
      ).toHaveLength(8);
    }
  });

  it('keeps 100,000 people as ids only until they are read', () => {
    const { state } = make(6, { users: 100_000 });
    expect(state.collections.users.size).toBe(100_000);
    const id = state.collections.users.ids()[99_999] ?? '';
    expect(state.collections.users.get(id)).toMatchObject({ id });
  });

  it('draws numbers evenly enough and ids without repetition', () => {
    const random = new Prng('evenness');
    const draws = Array.from({ length: 10_000 }, () => random.below(10));
    for (let value = 0; value < 10; value++) expect(draws.filter((draw) => draw === value).length).toBeGreaterThan(800);
    expect(new Set(Array.from({ length: 5000 }, (_, position) => new Prng(1, 'user', position).guid())).size).toBe(
      5000,
    );
  });
});
