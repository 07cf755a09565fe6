import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { canonicalJson, type JsonObject } from '../../crypto/canonical-json.js';
import { GraphClients } from '../../entra/graph-clients.js';
import { TenantCollector } from '../collect/tenant-collector.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { ExecutionStopped } from './execution.types.js';
import { isRestored } from './is-restored.js';
import type { AgreedPlan, ChangeOutcome } from './remediation.types.js';

type ObjectState = AgreedPlan['objects'][number];

/** Graph's replicas show a write a little later; so often, and after these pauses, it is looked whether it is there. */
export const LOOKS = { pausesMs: [0, 2000, 5000, 10_000] };

/** What a tenant holds of the objects of a plan, read at this moment. */
@Injectable()
export class TenantState {
  constructor(
    private readonly graph: GraphClients,
    private readonly collector: TenantCollector,
  ) {}

  /** @throws ExecutionStopped superseded where one isn't as the plan was made for, failed where one can't be read */
  async assertAsPlanned(entraTenantId: string, objects: readonly ObjectState[], signal: AbortSignal): Promise<void> {
    const now = await this.read(entraTenantId, objects, signal);
    for (const { type, key, value } of objects) {
      const found = now(type, key);
      if (found === undefined) throw new ExecutionStopped('failed', `The ${type} ${key} could not be read.`);
      if (canonicalJson(found) !== canonicalJson(value))
        throw new ExecutionStopped('superseded', `The ${type} ${key} has changed since the plan was made.`);
    }
  }

  /**
   * What became of each change, looked at until all are restored or the looks are used up.
   *
   * @param made ids of what was made anew, by the key that it had
   */
  async outcomes(
    entraTenantId: string,
    { changes }: Pick<AgreedPlan, 'changes'>,
    made: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<Map<string, ChangeOutcome>> {
    const outcomes = new Map<string, ChangeOutcome>();
    for (const pause of LOOKS.pausesMs) {
      const left = changes.filter(({ id }) => outcomes.get(id) !== 'restored');
      if (left.length === 0) break;
      await sleep(pause, undefined, { signal });
      const keys = left.map(({ resourceType: type, resourceKey: key }) => ({ type, key: made.get(key) ?? key }));
      const now = await this.read(entraTenantId, keys, signal);
      for (const change of left) {
        const found = now(change.resourceType, made.get(change.resourceKey) ?? change.resourceKey);
        outcomes.set(change.id, found === undefined ? 'unread' : isRestored(change, found) ? 'restored' : 'standing');
      }
    }
    return outcomes;
  }

  /** Which of these permissions the tenant hasn't given us, as far as our token says. */
  async lacking(entraTenantId: string, permissions: readonly string[], signal: AbortSignal): Promise<string[]> {
    const client = await this.graph.of(entraTenantId);
    for (const fresh of [false, true]) {
      const given = await client.permissions(fresh, signal);
      const lacking = given === null ? [] : permissions.filter((one) => !given.includes(one));
      if (lacking.length === 0 || fresh) return lacking;
    }
    return [];
  }

  /** @returns an object; null where it isn't there, undefined where it couldn't be read */
  private async read(
    entraTenantId: string,
    objects: readonly Pick<ObjectState, 'type' | 'key'>[],
    signal: AbortSignal,
  ): Promise<(type: ResourceType, key: string) => JsonObject | null | undefined> {
    const wanted = new Map<ResourceType, string[]>();
    for (const { type, key } of objects) wanted.set(type, [...(wanted.get(type) ?? []), key]);
    const read = await this.collector.readSome(entraTenantId, wanted, signal);
    return (type, key) => {
      const found = read.get(type)?.get(key);
      return found === undefined || found === null ? found : found.value;
    };
  }
}
