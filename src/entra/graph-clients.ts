import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { Settings } from '../config/settings.js';
import { METRIC } from '../observability/metrics.js';
import { confidentialClientConfiguration } from './entra-credentials.js';
import { GraphClient } from './graph-client.js';
import { GraphRoot } from './graph-links.js';
import { appTokens } from './graph-token.js';

/** One Graph client per tenant and process, because Graph's limits count per tenant. */
@Injectable()
export class GraphClients {
  private readonly clients = new Map<string, GraphClient>();

  constructor(
    private readonly settings: Settings,
    @InjectMetric(METRIC.graphRequests) private readonly requests: Counter,
    @InjectMetric(METRIC.graphThrottled) private readonly throttled: Counter,
  ) {}

  /** @param entraTenantId Entra's directory id */
  of(entraTenantId: string): GraphClient {
    let client = this.clients.get(entraTenantId);
    if (client === undefined) {
      client = this.create(entraTenantId);
      this.clients.set(entraTenantId, client);
    }
    return client;
  }

  private create(entraTenantId: string): GraphClient {
    const root = new GraphRoot(this.settings.GRAPH_BASE_URL);
    const tokens = appTokens(() => confidentialClientConfiguration(this.settings, entraTenantId), root.scope);
    return new GraphClient(root, tokens, {
      requested: (outcome) => this.requests.inc({ status: outcome }),
      paused: (seconds) => this.throttled.inc(seconds),
    });
  }
}
