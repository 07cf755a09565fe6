import type { JsonObject } from '../../crypto/canonical-json.js';
import type { GraphClient } from '../../entra/graph-client.js';
import { text } from '../normalise/json-members.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { CollectPlan, ResourceType } from '../resource-types/resource-type.types.js';
import type { KnownHeads } from '../snapshot/known-heads.js';
import type { CollectionChain } from './collection-chain.js';
import type { CollectionMark } from './collection-mark.js';
import type { DecidingGroups } from './read-of-deciding-groups.js';
import type { RoleGroups } from './read-referenced.js';
import type { TypeCollector } from './type-collector.js';

export type PlanOf<Kind extends CollectPlan['kind']> = Extract<CollectPlan, { kind: Kind }>;

/** One reading of one tenant: what its collectors share. */
export interface Reading {
  /** Entra's directory id. */
  tenantId: string;
  client: GraphClient;
  signal: AbortSignal;
  /** The tenant's newest snapshot, against which it is read. */
  heads: KnownHeads;
  /** From where the types are read on. */
  chain: CollectionChain;
  /** From where the next reading can go on, of the types that were read as far as they have to be. */
  marks: Map<ResourceType, CollectionMark>;
  collectors: Map<ResourceType, TypeCollector>;
  roleGroups: RoleGroups;
  decidingGroups: DecidingGroups;
  /** Singletons that several types are read from, each asked for once. */
  singletons: Map<string, Promise<JsonObject>>;
  /** Service principals of the applications that `appRolesOfSensitiveResources` asks for, by appId. */
  resourceIds: Map<string, string>;
}

const SENSITIVE_APP_IDS: ReadonlySet<string> = new Set(
  Object.values(RESOURCE_TYPE_CATALOGUE).flatMap(({ collect }) =>
    collect.kind === 'appRolesOfSensitiveResources' ? collect.resourceAppIds : [],
  ),
);

/** @param servicePrincipal raw or in normal form */
export function noteResource(
  { resourceIds }: Pick<Reading, 'resourceIds'>,
  id: string | null,
  appId: string | null,
): void {
  if (appId !== null && id?.isWellFormed() && SENSITIVE_APP_IDS.has(appId)) resourceIds.set(appId, id);
}

export function noteResources(reading: Pick<Reading, 'resourceIds'>, page: readonly JsonObject[]): void {
  for (const raw of page) noteResource(reading, text(raw, 'id'), text(raw, 'appId'));
}
