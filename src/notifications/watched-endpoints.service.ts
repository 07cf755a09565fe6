import { Injectable } from '@nestjs/common';
import type { JsonObject } from '../crypto/canonical-json.js';
import { KeyRing } from '../crypto/key-ring.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { SEVERITIES } from './severity.js';
import { type StoredEndpoint, WebhookEndpointsRepository } from './webhook-endpoints.repository.js';

const PAGE = 200;
const FINGERPRINT_BYTES = 16;
/** In place of an empty list, so that a choice is told apart from having all. */
const ALL = ['*'];

/** Gives the receivers of a tenant's events as configuration, for whoever watches that it stays: no address and no secret. */
@Injectable()
export class WatchedEndpoints {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly keys: KeyRing,
  ) {}

  /**
   * @param tenantId tenants.id
   * @throws DomainError keys.cannot_open
   */
  async read(tenantId: string): Promise<JsonObject[]> {
    // By every key that there is: a key that is new changes none of what the others say.
    const indexes = await this.keys.indexes('webhooks.watched');
    const found: JsonObject[] = [];
    for (let beforeId: string | null = null; ; ) {
      const from: string | null = beforeId;
      const page: StoredEndpoint[] = await this.transactions.read((tx) => this.endpoints.findPage(tx, PAGE, from));
      for (const endpoint of page) {
        const { id, description, status, eventTypes, resourceTypes, controls, minSeverity, tenantIds } = endpoint;
        const isTold = endpoint.tenantId === null || endpoint.tenantId === tenantId;
        if (!isTold || (tenantIds.length > 0 && !tenantIds.includes(tenantId))) continue;
        found.push({
          id,
          displayName: description,
          status,
          eventTypes: eventTypes.length === 0 ? ALL : [...eventTypes],
          resourceTypes: resourceTypes.length === 0 ? ALL : resourceTypes,
          controls: controls.length === 0 ? ALL : controls,
          quietBelow: SEVERITIES.length - 1 - SEVERITIES.indexOf(minSeverity),
          digestIntervalSeconds: endpoint.digestIntervalSeconds,
          urlFingerprints: Object.fromEntries(
            indexes.map((index) => [index.version, index.of(endpoint.url).toString('hex', 0, FINGERPRINT_BYTES)]),
          ),
        });
      }
      beforeId = page.at(-1)?.id ?? null;
      if (page.length < PAGE || beforeId === null) return found;
    }
  }
}
