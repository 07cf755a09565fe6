import type { OutboxEventType } from '../../outbox/outbox.events.js';
import type { Severity } from '../severity.js';
import type { StoredEndpoint } from '../webhook-endpoints.repository.js';

/** A receiver of webhooks. */
export class WebhookEndpointDto {
  id: string;
  /** Only events of this watched tenant, and those of the installation; null for all. */
  tenantId: string | null;
  url: string;
  description: string;
  /** Kinds of events that are sent; empty for all. */
  eventTypes: OutboxEventType[];
  /** Of `drift.changes.detected` only events with a change at least so grave. */
  minSeverity: Severity;
  status: 'enabled' | 'disabled';
  /** Why it was disabled, when nobody did it by hand. */
  disabledReason: string | null;
  createdAt: string;
  updatedAt: string;

  static from(endpoint: StoredEndpoint): WebhookEndpointDto {
    const { id, tenantId, url, description, eventTypes, minSeverity, status, disabledReason } = endpoint;
    return {
      id,
      tenantId,
      url,
      description,
      eventTypes,
      minSeverity,
      status,
      disabledReason,
      createdAt: endpoint.createdAt.toISOString(),
      updatedAt: endpoint.updatedAt.toISOString(),
    };
  }
}

/** A new endpoint, with the secret that is shown this once. */
export class CreatedWebhookEndpointDto extends WebhookEndpointDto {
  /** `whsec_` and the base64 of 32 bytes: the key of the HMAC in `webhook-signature`. It is never shown again. */
  secret: string;
}

export class WebhookEndpointPageDto {
  items: WebhookEndpointDto[];
  nextCursor: string | null;
}
