import type { DeliveryStatus, WebhookDelivery } from '../webhook-delivery.entity.js';

/** One event on its way to one endpoint. */
export class WebhookDeliveryDto {
  id: string;
  endpointId: string;
  /** The `webhook-id` that the receiver sees; the same on every attempt. */
  eventId: string;
  eventType: string;
  /** `dead`: given up after the last attempt or with its endpoint. */
  status: DeliveryStatus;
  attempts: number;
  nextAttemptAt: string | null;
  lastAttemptAt: string | null;
  /** HTTP status of the last answer; null when there was none. */
  lastStatus: number | null;
  /** What was wrong at the last attempt, as one sentence. */
  lastError: string | null;
  lastDurationMs: number | null;
  deliveredAt: string | null;
  createdAt: string;

  static from(delivery: WebhookDelivery): WebhookDeliveryDto {
    const { id, endpointId, eventId, eventType, status, attempts, lastStatus, lastError, lastDurationMs } = delivery;
    return {
      id,
      endpointId,
      eventId,
      eventType,
      status,
      attempts,
      nextAttemptAt: delivery.nextAttemptAt?.toISOString() ?? null,
      lastAttemptAt: delivery.lastAttemptAt?.toISOString() ?? null,
      lastStatus,
      lastError,
      lastDurationMs,
      deliveredAt: delivery.deliveredAt?.toISOString() ?? null,
      createdAt: delivery.createdAt.toISOString(),
    };
  }
}

export class WebhookDeliveryPageDto {
  items: WebhookDeliveryDto[];
  nextCursor: string | null;
}
