import type { OutboxEventType } from '../../outbox/outbox.events.js';
import { maskedUrl } from '../receiver-url.js';
import type { Severity } from '../severity.js';
import type { StoredEndpoint } from '../webhook-endpoints.repository.js';

/** A receiver of webhooks. */
export class WebhookEndpointDto {
  id: string;
  /** Only events of this watched tenant, and those of the installation; null for all. */
  tenantId: string | null;
  /** `https://hooks.example.com/…`: path and query, which may be a credential of the receiver's, are never shown. */
  url: string;
  description: string;
  /** Kinds of events that are sent; empty for all. */
  eventTypes: OutboxEventType[];
  /** Of drift only alerts with a change at least so grave at once, or with a control that turned; the rest by digest. */
  minSeverity: Severity;
  /** Of drift only what changed on these types of resource; empty for all. */
  resourceTypes: string[];
  /** Of drift only what concerns these controls; empty for all. */
  controls: string[];
  /** Only events of these watched tenants, and those of the installation; empty for all. */
  tenantIds: string[];
  /** How often a digest tells of drift below `minSeverity`; null for never. */
  digestIntervalSeconds: number | null;
  status: 'enabled' | 'disabled';
  /** Why it was disabled, when nobody did it by hand. */
  disabledReason: string | null;
  /** Until when messages are signed with the secret of before, too; null when there is one secret. */
  previousSecretUntil: string | null;
  /** Since when every attempt has failed; null after one that succeeded. */
  failingSince: string | null;
  createdAt: string;
  updatedAt: string;

  static from(endpoint: StoredEndpoint): WebhookEndpointDto {
    const { id, tenantId, description, eventTypes, minSeverity, status, disabledReason } = endpoint;
    const { resourceTypes, controls, tenantIds, digestIntervalSeconds } = endpoint;
    return {
      id,
      tenantId,
      url: maskedUrl(endpoint.url),
      description,
      eventTypes,
      minSeverity,
      resourceTypes,
      controls,
      tenantIds,
      digestIntervalSeconds,
      status,
      disabledReason,
      previousSecretUntil: endpoint.previousSecretUntil?.toISOString() ?? null,
      failingSince: endpoint.failingSince?.toISOString() ?? null,
      createdAt: endpoint.createdAt.toISOString(),
      updatedAt: endpoint.updatedAt.toISOString(),
    };
  }
}

/** An endpoint with a new secret, which is shown this once. */
export class CreatedWebhookEndpointDto extends WebhookEndpointDto {
  /** `whsec_` and the base64 of 32 bytes: the key of the HMAC in `webhook-signature`. It is never shown again. */
  secret: string;
}

export class WebhookEndpointPageDto {
  items: WebhookEndpointDto[];
  nextCursor: string | null;
}

/** What a replay started. */
export class ReplayedDeliveriesDto {
  /** Dead letters that are sent again, each under the `webhook-id` that it had. */
  replayed: number;
}
