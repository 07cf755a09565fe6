import { setMaxListeners } from 'node:events';
import { Inject, Injectable } from '@nestjs/common';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { GraphClients } from '../../entra/graph-clients.js';
import { GraphFault } from '../../entra/graph-fault.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { UnexpectedShapeError } from '../resource-types/expected-shape.js';
import {
  type CollectPlan,
  type ResourceType,
  type ResourceTypeDefinition,
  SCANNED_TYPES,
} from '../resource-types/resource-type.types.js';
import { type KnownHeads, NO_HEADS } from '../snapshot/known-heads.js';
import type { StoredObject } from '../snapshot/stored-object.js';
import type { ReadAgain, TenantCollection, TenantReading } from './collect.types.js';
import { type CollectionChain, NO_CHAIN } from './collection-chain.js';
import { OwnSource } from './own-source.js';
import { isReadById, MOST_READ_AGAIN, readByKeys } from './read-again.js';
import { withChildren } from './read-children.js';
import { readList, readPages } from './read-list.js';
import { DecidingGroups, readOfDecidingGroups } from './read-of-deciding-groups.js';
import { readOverlooked } from './read-overlooked.js';
import { noteMembers, readByIds, readReferenced } from './read-referenced.js';
import type { PlanOf, Reading } from './reading.js';
import { limited, ReadingLate, readingLimitMs, SOME_LIMIT_MS } from './reading-limit.js';
import type { KnownBelow } from './shown-children.js';
import { Spill } from './spill.js';
import { TypeCollector } from './type-collector.js';
import { undoubtedOf } from './undoubted.js';

/** What of a type needn't be asked for again. */
type KnownOfType = (type: ResourceType) => KnownBelow | null;

function newReading(of: Pick<Reading, 'tenantId' | 'client' | 'heads' | 'chain'>, signal: AbortSignal): Reading {
  return {
    ...of,
    signal,
    marks: new Map(),
    collectors: new Map(),
    roleGroups: { holders: new Set(), members: new Set() },
    decidingGroups: new DecidingGroups(),
    singletons: new Map(),
    resourceIds: new Map(),
  };
}

/**
 * Reads the configuration of a tenant by the plans of the resource types. Each type ends by itself: one that fails or is cut
 * short says why and holds up none of the others.
 */
@Injectable()
export class TenantCollector {
  private readonly definitions = SCANNED_TYPES.map((type) => RESOURCE_TYPE_CATALOGUE[type]);

  constructor(
    private readonly graph: GraphClients,
    private readonly own: OwnSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * @param entraTenantId Entra's directory id
   * @param heads the tenant's newest snapshot, against which it is read
   * @param chain what of it needn't be read again
   * @param limitMs after which what is unread stays so; the types say it
   * @param enough aborts with ReadingLate when it has to be over before that
   * @throws the signal's reason; faults of the tenant don't throw, they make types incomplete
   */
  async read(
    entraTenantId: string,
    heads: KnownHeads,
    signal: AbortSignal,
    chain: CollectionChain = NO_CHAIN,
    limitMs: number = readingLimitMs(0),
    enough: AbortSignal = new AbortController().signal,
  ): Promise<TenantReading> {
    const client = await this.graph.of(entraTenantId);
    const stop = new AbortController();
    const limit = limited(AbortSignal.any([signal, stop.signal, enough]), limitMs);
    const together = limit.signal;
    // Every request and pause of the reading listens to it.
    setMaxListeners(0, together);
    const reading = newReading({ tenantId: entraTenantId, client, heads, chain }, together);
    const visits = this.visitsOf(reading);
    const spill = new Spill();
    for (const definition of this.definitions)
      reading.collectors.set(definition.type, new TypeCollector(definition, heads, visits.get(definition.type), spill));
    let isRead = false;
    try {
      const own = this.readOwn(reading, entraTenantId);
      // It may fail long before it is waited for, or nobody may: neither may end the process.
      own.catch(() => undefined);
      await this.readAll(reading, ['list', 'singleton', 'derived', 'ofOrganization']);
      await this.readAll(reading, ['appRolesOfSensitiveResources']);
      await this.readNamed(reading);
      await this.readAll(reading, ['ofDecidingGroups']);
      await own;
      const collection: TenantCollection = new Map();
      for (const [type, collector] of reading.collectors) collection.set(type, await collector.result());
      const marks = new Map([...reading.marks].filter(([type]) => collection.get(type)?.status === 'complete'));
      isRead = true;
      return {
        collection,
        marks,
        again: (doubted, until) => {
          const wanted = new Map(Array.from(doubted, ([type, objects]) => [type, [...objects.keys()]]));
          return this.readAgain(reading, wanted, until, (type) =>
            undoubtedOf(collection.get(type), doubted.get(type) ?? new Map()),
          );
        },
        close: () => spill.close(),
      };
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      if (!isRead) spill.close();
      limit.done();
      stop.abort();
    }
  }

  /**
   * Some objects as they are now, at most 100 of a type that is asked for by ids.
   *
   * @returns null for one that isn't there; what couldn't be read is absent
   * @throws the signal's reason
   */
  async readSome(
    entraTenantId: string,
    wanted: ReadonlyMap<ResourceType, readonly string[]>,
    signal: AbortSignal,
  ): Promise<ReadAgain> {
    const client = await this.graph.of(entraTenantId);
    const reading = newReading({ tenantId: entraTenantId, client, heads: NO_HEADS, chain: NO_CHAIN }, signal);
    // What hangs on others is asked for by what its key says; the others needn't be read for that.
    for (const type of ['servicePrincipal', 'group'] as const)
      reading.collectors.set(type, new TypeCollector(RESOURCE_TYPE_CATALOGUE[type]));
    for (const key of wanted.get('appRoleAssignment') ?? []) {
      const [, resource = ''] = key.split('|');
      reading.resourceIds.set(resource, resource);
    }
    for (const key of wanted.get('groupEligibility') ?? []) {
      const [, group = ''] = key.split('|');
      reading.decidingGroups.noteGroup({ key: group, value: { isAssignableToRole: true } });
    }
    return this.readAgain(reading, wanted, signal);
  }

  private async readAgain(
    first: Reading,
    wanted: ReadonlyMap<ResourceType, readonly string[]>,
    until: AbortSignal,
    known: KnownOfType = () => null,
  ): Promise<ReadAgain> {
    const limit = limited(until, SOME_LIMIT_MS);
    setMaxListeners(0, limit.signal);
    try {
      return await this.readWanted({ ...first, signal: limit.signal }, wanted, known);
    } finally {
      limit.done();
    }
  }

  private async readWanted(
    first: Reading,
    wanted: ReadonlyMap<ResourceType, readonly string[]>,
    known: KnownOfType,
  ): Promise<ReadAgain> {
    const reading: Reading = {
      ...first,
      chain: NO_CHAIN,
      marks: new Map(),
      collectors: new Map(first.collectors),
      singletons: new Map(),
    };
    for (const type of wanted.keys()) reading.collectors.set(type, new TypeCollector(RESOURCE_TYPE_CATALOGUE[type]));
    const again = new Map<ResourceType, Map<string, StoredObject | null>>();
    for (const [type, keys] of wanted) {
      const collector = reading.collectors.get(type);
      if (collector === undefined || RESOURCE_TYPE_CATALOGUE[type].collect.kind === 'own') continue;
      const asked = await this.readKeys(reading, collector, keys, known(type));
      const { status, changed } = await collector.result();
      const objects = new Map<string, StoredObject | null>();
      for (const key of asked) {
        const object = changed.get(key)?.object ?? null;
        // Only a complete answer says that something isn't there.
        if (object !== null || status === 'complete') objects.set(key, object);
      }
      again.set(type, objects);
    }
    return again;
  }

  /** @returns the keys that were asked for */
  private async readKeys(
    reading: Reading,
    collector: TypeCollector,
    keys: readonly string[],
    known: KnownBelow | null,
  ): Promise<readonly string[]> {
    const { client, signal } = reading;
    const { definition } = collector;
    const { collect } = definition;
    const isById = isReadById(definition);
    if (!isById && collect.kind !== 'referenced') {
      await this.readType(reading, definition);
      return keys;
    }
    const asked = keys.slice(0, MOST_READ_AGAIN);
    try {
      if (collect.kind === 'referenced') await readByIds(client, collector, collect, asked, signal);
      else if (collect.kind === 'list') await readByKeys(client, collector, collect, asked, signal, known);
    } catch (error) {
      collector.lacks(this.faultOf(error, signal));
    }
    return asked;
  }

  /** What is found out about objects while they are read, because they aren't kept. */
  private visitsOf({ roleGroups, decidingGroups }: Reading): Map<ResourceType, (object: StoredObject) => void> {
    const noteMembersOf = noteMembers(roleGroups);
    return new Map([
      ['conditionalAccessPolicy', (policy) => decidingGroups.notePolicy(policy)],
      [
        'group',
        (group) => {
          noteMembersOf(group);
          decidingGroups.noteGroup(group);
        },
      ],
    ]);
  }

  /** Never throws: a fault makes our own types incomplete and stops none of the tenant's. */
  private async readOwn({ collectors }: Reading, entraTenantId: string): Promise<void> {
    const due = this.definitions.filter(({ collect }) => collect.kind === 'own');
    let read: ReadonlyMap<ResourceType, readonly JsonObject[]> = new Map();
    let fault: string | null = null;
    try {
      read = await this.own.read(entraTenantId);
    } catch (error) {
      this.logger.error({ err: error }, 'our own configuration could not be read');
      fault = 'It could not be read by a fault of ours; the log has it.';
    }
    for (const { type } of due) {
      const raws = read.get(type);
      const collector = collectors.get(type);
      try {
        if (raws === undefined) collector?.lacks(fault ?? 'It was not read.');
        else await collector?.add(raws);
      } catch (error) {
        collector?.lacks(this.faultOf(error));
      }
    }
  }

  private async readAll(reading: Reading, kinds: CollectPlan['kind'][]): Promise<void> {
    const due = this.definitions.filter(({ collect }) => kinds.includes(collect.kind));
    await Promise.all(due.map((definition) => this.readType(reading, definition)));
  }

  private async readType(reading: Reading, definition: ResourceTypeDefinition): Promise<void> {
    const collector = reading.collectors.get(definition.type);
    if (collector === undefined) return;
    try {
      await this.execute(reading, collector, definition.collect);
    } catch (error) {
      collector.lacks(this.faultOf(error, reading.signal));
    }
  }

  private async readNamed({ client, collectors, roleGroups, signal }: Reading): Promise<void> {
    try {
      await readReferenced(client, collectors, roleGroups, signal);
    } catch (error) {
      const fault = this.faultOf(error, signal);
      for (const collector of collectors.values())
        if (collector.definition.collect.kind === 'referenced') collector.lacks(fault);
    }
  }

  /**
   * One type's fault ends that type only, even where the fault is ours, or its time is over.
   *
   * @throws the signal's reason where the reading ends for another reason than that
   */
  private faultOf(error: unknown, signal?: AbortSignal): GraphFault | string {
    if (signal?.aborted === true) {
      if (!(signal.reason instanceof ReadingLate)) throw signal.reason;
      return signal.reason.message;
    }
    if (error instanceof GraphFault) return error;
    if (error instanceof UnexpectedShapeError) return `Graph's answer can't be used: ${error.message}`;
    this.logger.error({ err: error }, 'a resource type could not be read');
    return 'It could not be read by a fault of ours; the log has it.';
  }

  private execute(reading: Reading, collector: TypeCollector, plan: CollectPlan): Promise<void> {
    switch (plan.kind) {
      case 'list':
        return readList(reading, collector, plan);
      case 'singleton':
        return this.readSingleton(reading, collector, plan);
      case 'derived':
        return this.readDerived(reading, collector, plan);
      case 'appRolesOfSensitiveResources':
        return this.readAppRoles(reading, collector, plan);
      case 'ofOrganization':
        return readPages(reading, collector, plan.path(reading.tenantId));
      case 'ofDecidingGroups':
        return readOfDecidingGroups(reading, collector, plan);
      case 'referenced':
      case 'own':
      case 'exported':
        throw new Error(
          'what others refer to is read after them, what is our own elsewhere, and what exports have never',
        );
    }
  }

  private async readSingleton(reading: Reading, collector: TypeCollector, plan: PlanOf<'singleton'>): Promise<void> {
    const object = await this.singleton(reading, plan.path);
    const { children } = plan;
    await collector.add(
      children === undefined
        ? [object]
        : await withChildren(reading.client, collector, children, [object], reading.signal),
    );
  }

  private async readDerived(reading: Reading, collector: TypeCollector, plan: PlanOf<'derived'>): Promise<void> {
    const isSingleton = this.definitions.some(
      ({ collect }) => collect.kind === 'singleton' && collect.path === plan.from,
    );
    if (isSingleton) {
      await collector.add(plan.expand(await this.singleton(reading, plan.from)));
      return;
    }
    for await (const page of reading.client.pages(plan.from, reading.signal))
      await collector.add(page.flatMap(plan.expand));
  }

  private async readAppRoles(
    reading: Reading,
    collector: TypeCollector,
    plan: PlanOf<'appRolesOfSensitiveResources'>,
  ): Promise<void> {
    const servicePrincipals = reading.collectors.get('servicePrincipal');
    if (servicePrincipals?.status !== 'complete') {
      collector.lacks(
        `Which resources there are isn't known, because the service principals weren't read completely: ${servicePrincipals?.reason}`,
      );
    } else if (reading.resourceIds.size === 0) {
      await collector.add([]);
    }
    for (const id of reading.resourceIds.values()) {
      try {
        for await (const page of reading.client.rawPages(plan.path(id), reading.signal)) await collector.addPage(page);
      } catch (error) {
        collector.lacks(this.faultOf(error, reading.signal));
      }
    }
    await readOverlooked(reading.client, collector, plan, new Set(reading.resourceIds.values()), reading.signal);
  }

  private requiredOf(path: string): string[] {
    return this.definitions.flatMap(({ collect }) =>
      collect.kind === 'singleton' && collect.path === path ? collect.requires : [],
    );
  }

  private async singleton(reading: Reading, path: string): Promise<JsonObject> {
    let asked = reading.singletons.get(path);
    if (asked === undefined) {
      asked = reading.client.get(path, reading.signal);
      reading.singletons.set(path, asked);
    }
    const answer = await asked;
    // Some API versions wrap the one object in a list.
    const first = Array.isArray(answer['value']) ? answer['value'][0] : answer;
    if (typeof first !== 'object' || first === null || Array.isArray(first)) {
      throw new GraphFault('malformed', path, 'the answer is not an object');
    }
    const absent = this.requiredOf(path).find((name) => !Object.hasOwn(first, name));
    if (absent !== undefined) throw new GraphFault('malformed', path, `the answer has no ${absent}`);
    return first;
  }
}
