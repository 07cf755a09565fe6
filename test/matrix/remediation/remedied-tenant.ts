import { Agent, fetch as undiciFetch } from 'undici';
import { type DemoTenant, startDemoTenant } from '../../../demo/demo-tenant.js';
import type { JsonObject } from '../../../demo/store/json.types.js';
import { OwnSource } from '../../../src/drift/collect/own-source.js';
import { TenantCollector } from '../../../src/drift/collect/tenant-collector.js';
import { diffSnapshots } from '../../../src/drift/diff/diff-snapshots.js';
import { type GraphWriter, performRequest } from '../../../src/drift/remediation/perform-requests.js';
import { planRemediation } from '../../../src/drift/remediation/plan-remediation.js';
import type { PlannedChange, RemediationPlan } from '../../../src/drift/remediation/remediation-plan.types.js';
import type { ResourceType } from '../../../src/drift/resource-types/resource-type.types.js';
import { NO_HEADS } from '../../../src/drift/snapshot/known-heads.js';
import type { TenantSnapshot } from '../../../src/drift/snapshot/snapshot.types.js';
import { GraphClient } from '../../../src/entra/graph-client.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../../src/entra/graph-client-options.js';
import type { GraphClients } from '../../../src/entra/graph-clients.js';
import { GraphRoot } from '../../../src/entra/graph-links.js';
import { createLogger } from '../../../src/observability/logger.js';
import { ProofStage } from '../resource-types/type-proofs.js';
import { wholeOf } from '../resource-types/whole-reading.js';

/** A demo tenant that is read as a scan reads it, and whose drift is planned away and really written back over HTTP. */
export class RemediedTenant {
  private readonly nodeFetch = globalThis.fetch;

  private constructor(
    readonly stage: ProofStage,
    private readonly client: GraphClient,
    private readonly collector: TenantCollector,
  ) {}

  static async start(): Promise<RemediedTenant> {
    const tenant = await startDemoTenant({ seed: 7, users: 60, groups: 10, applications: 8, policies: 8 });
    const client = new GraphClient(
      new GraphRoot(tenant.graphBaseUrl),
      async () => tenant.mintToken({ kind: 'graph' }),
      { requested: () => undefined, paused: () => undefined },
      { ...GRAPH_CLIENT_DEFAULTS, conditionalAccessSpacingMs: 0, maxRetries: 0, backoffMs: 1 },
    );
    class Nothing extends OwnSource {
      async read(): Promise<ReadonlyMap<ResourceType, readonly JsonObject[]>> {
        return new Map();
      }
    }
    const graphClients = { of: () => Promise.resolve(client) } satisfies Pick<
      GraphClients,
      'of'
    > as unknown as GraphClients;
    const collector = new TenantCollector(graphClients, new Nothing(), createLogger('silent'));
    const remedied = new RemediedTenant(new ProofStage(tenant), client, collector);
    const dispatcher = new Agent({ connect: { ca: tenant.caCertificatePem } });
    globalThis.fetch = ((input: string, init?: object) =>
      undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch;
    return remedied;
  }

  get tenant(): DemoTenant {
    return this.stage.tenant;
  }

  async stop(): Promise<void> {
    await this.tenant.close();
    globalThis.fetch = this.nodeFetch;
  }

  async read(): Promise<TenantSnapshot> {
    const { collection } = await this.collector.read(this.tenant.tenantId, NO_HEADS, new AbortController().signal);
    return wholeOf(collection);
  }

  changes(before: TenantSnapshot, after: TenantSnapshot): PlannedChange[] {
    const { objects } = diffSnapshots(before, after);
    return objects.flatMap((object) =>
      object.changes.map(({ path, before: was, after: is }) => ({
        id: `${object.resourceType} ${object.key} ${path}`,
        resourceType: object.resourceType,
        resourceKey: object.key,
        displayName: object.displayName,
        changeType: object.changeType,
        matchedBy: object.matchedBy,
        path,
        before: was ?? null,
        after: is ?? null,
      })),
    );
  }

  plan(changes: PlannedChange[], now: TenantSnapshot): RemediationPlan {
    const objects = (type: ResourceType) => now.types.get(type)?.objects ?? [];
    return planRemediation({
      changes,
      current: (type, key) => objects(type).find((object) => object.key === key)?.value ?? null,
      referrers: (types, id) =>
        types.flatMap((type) =>
          objects(type)
            .filter(({ value }) => JSON.stringify(value).includes(JSON.stringify(id)))
            .map(({ displayName, key }) => displayName ?? key),
        ),
      entraTenantId: this.tenant.tenantId,
      graphRoot: this.tenant.graphBaseUrl,
    });
  }

  /** Sends what is planned, in its order, as an administrator would; gives what was refused. */
  async perform(plan: RemediationPlan): Promise<{ id: string; reason: string }[]> {
    const given = new Map<string, string>();
    const refused: { id: string; reason: string }[] = [];
    const writer: GraphWriter = {
      find: async (path, fits) => {
        const objects: JsonObject[] = [];
        for await (const page of this.client.pages(path, new AbortController().signal))
          objects.push(...page.filter(fits));
        return objects;
      },
      send: (method, path, body) => this.stage.call(method, path, body ?? undefined),
    };
    for (const request of plan.requests) {
      try {
        await performRequest(request, writer, given);
      } catch (error) {
        refused.push({ id: request.changeIds[0] ?? '', reason: String(error) });
      }
    }
    return refused;
  }
}
