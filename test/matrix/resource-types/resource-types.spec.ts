import { Agent, fetch as undiciFetch } from 'undici';
import { type DemoTenant, startDemoTenant } from '../../../demo/demo-tenant.js';
import { type JsonObject, textOf } from '../../../demo/store/json.types.js';
import { COLLECTIONS } from '../../../demo/store/tenant-state.js';
import type { TenantCollection } from '../../../src/drift/collect/collect.types.js';
import { OwnSource } from '../../../src/drift/collect/own-source.js';
import { TenantCollector } from '../../../src/drift/collect/tenant-collector.js';
import { diffSnapshots } from '../../../src/drift/diff/diff-snapshots.js';
import type { ObjectDrift } from '../../../src/drift/diff/drift.types.js';
import { RESOURCE_TYPE_CATALOGUE } from '../../../src/drift/resource-types/catalogue.js';
import {
  type ResourceType,
  SCANNED_TYPES,
  type ScannedType,
} from '../../../src/drift/resource-types/resource-type.types.js';
import { NO_HEADS } from '../../../src/drift/snapshot/known-heads.js';
import { GraphClient } from '../../../src/entra/graph-client.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../../src/entra/graph-client-options.js';
import type { GraphClients } from '../../../src/entra/graph-clients.js';
import { GraphRoot } from '../../../src/entra/graph-links.js';
import { createLogger } from '../../../src/observability/logger.js';
import { answeredOtherwise, ProofStage, TYPE_PROOFS } from './type-proofs.js';
import { wholeOf } from './whole-reading.js';

/** What stands in other objects of the tenant: it comes and goes with what the proofs of other types do. */
const CASCADES: ReadonlySet<ResourceType> = new Set([
  'group',
  'user',
  'application',
  'servicePrincipal',
  'administrativeUnit',
]);
const OURS = SCANNED_TYPES.filter((type) => RESOURCE_TYPE_CATALOGUE[type].collect.kind === 'own');

describe('every resource type, against the demo tenant', () => {
  const nodeFetch = globalThis.fetch;
  let tenant: DemoTenant;
  let stage: ProofStage;
  let collector: TenantCollector;
  /** Readings, each after one round of acts on every type. */
  const readings: Partial<Record<'first' | 'otherwise' | 'added' | 'modified' | 'removed', TenantCollection>> = {};
  const keys = new Map<ResourceType, string>();
  /** Audit activities that the act on a type wrote. */
  const audited = new Map<string, string[]>();

  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 7, users: 60, groups: 10, applications: 8, policies: 8 });
    const dispatcher = new Agent({ connect: { ca: tenant.caCertificatePem } });
    globalThis.fetch = ((input: string, init?: object) =>
      undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch;
    stage = new ProofStage(tenant);
    const client = new GraphClient(
      new GraphRoot(tenant.graphBaseUrl),
      async () => tenant.mintToken({ kind: 'graph' }),
      { requested: () => undefined, paused: () => undefined },
      { ...GRAPH_CLIENT_DEFAULTS, conditionalAccessSpacingMs: 0, maxRetries: 0, backoffMs: 1 },
    );
    class Ours extends OwnSource {
      async read(): Promise<ReadonlyMap<ResourceType, readonly JsonObject[]>> {
        return new Map(OURS.map((type) => [type, stage.own.filter((one) => one.type === type).map(({ raw }) => raw)]));
      }
    }
    const graphClients = { of: () => Promise.resolve(client) } satisfies Pick<
      GraphClients,
      'of'
    > as unknown as GraphClients;
    collector = new TenantCollector(graphClients, new Ours(), createLogger('silent'));

    readings.first = await read();
    answerOtherwise();
    readings.otherwise = await read();
    for (const type of SCANNED_TYPES) await perform(type, 'added');
    readings.added = await read();
    for (const type of SCANNED_TYPES) await perform(type, 'modified');
    readings.modified = await read();
    for (const type of [...SCANNED_TYPES].reverse()) await perform(type, 'removed');
    readings.removed = await read();
  }, 120_000);

  afterAll(async () => {
    await tenant?.close();
    globalThis.fetch = nodeFetch;
  });
  afterEach(() => tenant.setFaults());

  async function read(): Promise<TenantCollection> {
    const { collection } = await collector.read(tenant.tenantId, NO_HEADS, new AbortController().signal);
    return collection;
  }

  /** One act of a type's proof, with what the audit log says of it. */
  async function perform(type: ScannedType, act: 'added' | 'modified' | 'removed'): Promise<void> {
    const proof = TYPE_PROOFS[type];
    const before = new Set(tenant.state.audit.visible().map((event) => event['id']));
    if (act === 'added') {
      const key = proof.add === undefined ? proof.key?.(stage) : await proof.add(stage);
      if (key !== undefined) keys.set(type, key);
    }
    const key = keys.get(type) ?? '';
    if (act === 'modified') await proof.change?.act(stage, key);
    if (act === 'removed') await proof.remove?.(stage, key);
    const events = tenant.state.audit.visible().filter((event) => !before.has(event['id'] ?? null));
    audited.set(
      `${type} ${act}`,
      events.map((event) => textOf(event, 'activityDisplayName').trim().toLowerCase()),
    );
  }

  /** Nothing happened, and every answer looks another way: order, dates, ids that don't last. */
  function answerOtherwise(): void {
    const { state } = tenant;
    for (const name of COLLECTIONS) {
      for (const row of [...state.collections[name].values()]) {
        const id = textOf(row, 'id');
        state.collections[name].set({ ...(answeredOtherwise(row) as JsonObject), id });
      }
      state.collections[name].reorder((ids) => [...ids].reverse());
    }
    for (const name of Object.keys(state.singletons) as (keyof typeof state.singletons)[])
      state.singletons[name] = answeredOtherwise(state.singletons[name]) as JsonObject;
    for (const lists of [state.groupMembers, state.owners, state.administrativeUnitMembers])
      for (const [id, list] of lists) lists.set(id, [...list].reverse());
    for (const [id, list] of state.scopedRoleMembers)
      state.scopedRoleMembers.set(id, list.map((one) => ({ ...one, id: state.ids.hex(40) })).reverse());
    for (const policy of stage.rows('permissionGrantPolicies'))
      for (const list of ['includes', 'excludes'])
        stage.patchRow('permissionGrantPolicies', textOf(policy, 'id'), {
          [list]: (policy[list] as JsonObject[]).map((one) => ({ ...one, id: state.ids.guid() })),
        });
    for (const name of [
      'groupEligibilityScheduleInstances',
      'roleAssignmentScheduleInstances',
      'roleEligibilityScheduleInstances',
    ] as const) {
      for (const row of stage.rows(name)) {
        state.collections[name].delete(textOf(row, 'id'));
        state.collections[name].set({ ...row, id: state.ids.guid(), startDateTime: '2027-01-01T00:00:00Z' });
      }
    }
  }

  function drift(before: TenantCollection | undefined, after: TenantCollection | undefined): ObjectDrift[] {
    if (before === undefined || after === undefined) throw new Error('the readings were not made');
    return diffSnapshots(wholeOf(before), wholeOf(after)).objects;
  }

  /** What is told of a type, one line a change. */
  function told(type: ResourceType, drifts: ObjectDrift[]): string[] {
    return drifts
      .filter((one) => one.resourceType === type && (!CASCADES.has(type) || one.key === keys.get(type)))
      .flatMap((one) => one.changes.map(({ path }) => `${one.changeType} ${one.key} ${path}`))
      .sort();
  }

  test.each(SCANNED_TYPES)('%s is read completely, and there is something to read', (type) => {
    const collection = readings.first?.get(type);
    expect([collection?.status, collection?.reason]).toEqual(['complete', null]);
    if (!OURS.includes(type)) expect(collection?.count).toBeGreaterThan(0);
  });

  test('lists turned round, later dates and ids made anew are no change of anything', () => {
    expect(drift(readings.first, readings.otherwise)).toEqual([]);
  });

  test.each(SCANNED_TYPES.filter((type) => TYPE_PROOFS[type].add !== undefined))(
    '%s: an object that came is one change, and nothing else of its type is',
    (type) => {
      expect(told(type, drift(readings.otherwise, readings.added))).toEqual([`added ${keys.get(type)} `]);
    },
  );

  test.each(SCANNED_TYPES)('%s: what is changed where it matters is told at its paths', (type) => {
    const paths = TYPE_PROOFS[type].change?.at(stage) ?? [];
    expect(told(type, drift(readings.added, readings.modified))).toEqual(
      paths.map((path) => `modified ${keys.get(type)} ${path}`).sort(),
    );
  });

  test.each(SCANNED_TYPES.filter((type) => TYPE_PROOFS[type].remove !== undefined))(
    '%s: an object that went is one change, and nothing else of its type is',
    (type) => {
      expect(told(type, drift(readings.modified, readings.removed))).toEqual([`removed ${keys.get(type)} `]);
    },
  );

  test.each(SCANNED_TYPES.filter((type) => !OURS.includes(type)))(
    '%s: the audit log tells of each act in words that the type knows',
    (type) => {
      const proof = TYPE_PROOFS[type];
      const acts = { added: proof.add, modified: proof.change, removed: proof.remove };
      for (const act of ['added', 'modified', 'removed'] as const) {
        if (acts[act] === undefined || proof.unaudited?.includes(act)) continue;
        const known = RESOURCE_TYPE_CATALOGUE[type].auditActivities[act];
        const written = audited.get(`${type} ${act}`) ?? [];
        expect({ act, written, isKnown: written.some((activity) => known.includes(activity)) }).toMatchObject({
          isKnown: true,
        });
      }
    },
  );

  test.each(SCANNED_TYPES.filter((type) => !OURS.includes(type)))(
    '%s: unread, it is incomplete and says why, and nothing at all counts as gone or changed',
    async (type) => {
      tenant.setFaults({ kind: 'status', path: `${addressOf(type)}*`, status: 403 });
      const faulty = await read();
      const collection = faulty.get(type);
      expect(collection?.status).not.toBe('complete');
      expect(collection?.reason).toMatch(/.{10,}/);
      expect(drift(readings.removed, faulty)).toEqual([]);
    },
  );
});

/** The first address that a type is read from, without its query. */
function addressOf(type: ScannedType): string {
  const { collect } = RESOURCE_TYPE_CATALOGUE[type];
  const path = {
    list: () => ('path' in collect ? String(collect.path) : ''),
    singleton: () => ('path' in collect ? String(collect.path) : ''),
    derived: () => ('from' in collect ? collect.from : ''),
    appRolesOfSensitiveResources: () => '*/appRoleAssignedTo',
    ofOrganization: () => '*/certificateBasedAuthConfiguration',
    ofDecidingGroups: () => '/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances',
    referenced: () => '/directoryObjects/getByIds',
    own: () => '',
    exported: () => '',
  }[collect.kind]();
  return path.split('?')[0] ?? path;
}
