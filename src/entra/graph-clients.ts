import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { Settings } from '../config/settings.js';
import { METRIC } from '../observability/metrics.js';
import { CLOUD_ADDRESSES } from './clouds.js';
import { confidentialClientConfiguration } from './entra-credentials.js';
import { GraphClient } from './graph-client.js';
import { GraphRoot } from './graph-links.js';
import type { GraphProgress } from './graph-progress.js';
import { appTokens } from './graph-token.js';
import { type OwnConnection, OwnConnections } from './own-connections.js';

/** One Graph client per tenant and process, because Graph's limits count per tenant. */
@Injectable()
export class GraphClients {
  private readonly clients = new Map<string, { revision: string | null; client: GraphClient }>();

  constructor(
    private readonly settings: Settings,
    private readonly connections: OwnConnections,
    @InjectMetric(METRIC.graphRequests) private readonly requests: Counter,
    @InjectMetric(METRIC.graphThrottled) private readonly throttled: Counter,
  ) {}

  /**
   * The client of a tenant's connection as it is now. Whoever has one of before goes on with that until the end of what it does.
   *
   * @param entraTenantId Entra's directory id
   */
  async of(entraTenantId: string): Promise<GraphClient> {
    const own = await this.connections.of(entraTenantId);
    const revision = own?.revision ?? null;
    const kept = this.clients.get(entraTenantId);
    if (kept?.revision === revision) return kept.client;
    const client = this.fresh(entraTenantId, own);
    this.clients.set(entraTenantId, { revision, client });
    return client;
  }

  /** Of the client that a tenant is read with; null where it isn't read. */
  progressOf(entraTenantId: string): GraphProgress | null {
    return this.clients.get(entraTenantId)?.client.progress ?? null;
  }

  /** One that has no token yet, for whoever wants to know whether a connection works. */
  fresh(entraTenantId: string, own: OwnConnection | null): GraphClient {
    const cloud = own === null || own.cloud === null ? null : CLOUD_ADDRESSES[own.cloud];
    const root = new GraphRoot(cloud?.graphBaseUrl ?? this.settings.GRAPH_BASE_URL);
    const tokens = appTokens(async () => {
      if (own === null) return confidentialClientConfiguration(this.settings, entraTenantId);
      const application = { clientId: own.clientId, cloud, credential: await own.credential() };
      return confidentialClientConfiguration(this.settings, entraTenantId, application);
    }, root.scope);
    return new GraphClient(root, tokens, {
      requested: (outcome) => this.requests.inc({ status: outcome }),
      paused: (seconds) => this.throttled.inc(seconds),
    });
  }
}
