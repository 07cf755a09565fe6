import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { newId } from '../kernel/ids/ids.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { EndpointSeals } from './endpoint-seals.service.js';
import { notificationsError } from './notifications.errors.js';
import { WEBHOOK_ACTIONS } from './notifications.events.js';
import { receiverUrlFault } from './receiver-url.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { type EndpointPatch, type StoredEndpoint, WebhookEndpointsRepository } from './webhook-endpoints.repository.js';

export type NewEndpoint = Pick<StoredEndpoint, 'url' | 'description' | 'eventTypes' | 'minSeverity' | 'tenantId'>;

/** Each event makes one delivery for each of them. */
const MAX_ENDPOINTS = 100;

/** Who is told of events, by which URL, of which kinds. */
@Injectable()
export class WebhookEndpoints {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly audit: AuditService,
    private readonly seals: EndpointSeals,
    private readonly settings: Settings,
  ) {}

  async list(limit: number, cursor?: string, tenantId?: string): Promise<Page<StoredEndpoint>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(
      await this.transactions.read((tx) => this.endpoints.findPage(tx, limit + 1, before, tenantId)),
      limit,
    );
  }

  /** @throws DomainError notifications.endpoint_not_found */
  async get(id: string): Promise<StoredEndpoint> {
    return found(await this.transactions.read((tx) => this.endpoints.findById(tx, id)));
  }

  /**
   * Adds an endpoint.
   *
   * @returns also its signing secret as `whsec_…`, which is never shown again
   * @throws DomainError notifications.url_refused, notifications.too_many_endpoints
   */
  async create(actor: Actor, endpoint: NewEndpoint): Promise<{ endpoint: StoredEndpoint; secret: string }> {
    this.assertUsable(endpoint.url);
    const id = newId();
    const secret = randomBytes(32);
    const sealedSecret = await this.seals.sealSecret(id, secret);
    const created = await this.transactions.run(async (tx) => {
      if ((await this.endpoints.count(tx)) >= MAX_ENDPOINTS)
        throw notificationsError('notifications.too_many_endpoints');
      const row = { ...endpoint, id, sealedSecret, status: 'enabled', disabledReason: null, version: 1 } as const;
      const stored = await this.endpoints.insert(tx, row);
      await this.record(tx, actor, 'webhooks.endpoint.created', stored, { after: stateOf(stored) });
      return stored;
    });
    return { endpoint: created, secret: `whsec_${secret.toString('base64')}` };
  }

  /**
   * @throws DomainError notifications.endpoint_not_found, notifications.url_refused, request.precondition_failed when somebody
   * else changed it since `version` was read
   */
  async update(actor: Actor, id: string, version: number, patch: EndpointPatch): Promise<StoredEndpoint> {
    if (patch.url !== undefined) this.assertUsable(patch.url);
    return this.transactions.run(async (tx) => {
      const before = await this.locked(tx, id, version);
      const after = await this.endpoints.update(tx, before, {
        ...patch,
        ...(patch.status === undefined ? {} : { disabledReason: null }),
      });
      if (before.status === 'enabled' && after.status === 'disabled') {
        await this.deliveries.giveUpPending(tx, id, 'The endpoint was disabled before this was delivered.');
      }
      await this.record(tx, actor, 'webhooks.endpoint.updated', after, {
        before: stateOf(before),
        after: stateOf(after),
      });
      return after;
    });
  }

  /** @throws DomainError notifications.endpoint_not_found, request.precondition_failed */
  delete(actor: Actor, id: string, version: number): Promise<void> {
    return this.transactions.run(async (tx) => {
      const before = await this.locked(tx, id, version);
      await this.endpoints.delete(tx, id);
      await this.record(tx, actor, 'webhooks.endpoint.deleted', before, { before: stateOf(before) });
    });
  }

  /** Keeps everybody else from changing the endpoint until the transaction ends: before its deliveries are locked. */
  async hold(tx: Transaction, id: string): Promise<void> {
    await this.endpoints.findForUpdate(tx, id);
  }

  /** Disables an endpoint whose receiver wants no more, and gives up what it was still to get. */
  async disableGone(tx: Transaction, actor: Actor, id: string): Promise<void> {
    const before = await this.endpoints.findForUpdate(tx, id);
    if (before === null || before.status === 'disabled') return;
    const disabledReason = 'The receiver answered 410 Gone.';
    const after = await this.endpoints.update(tx, before, { status: 'disabled', disabledReason });
    await this.deliveries.giveUpPending(tx, id, disabledReason);
    await this.record(tx, actor, 'webhooks.endpoint.disabled', after, {
      before: stateOf(before),
      after: stateOf(after),
    });
  }

  private async locked(tx: Transaction, id: string, version: number): Promise<StoredEndpoint> {
    const endpoint = found(await this.endpoints.findForUpdate(tx, id));
    if (endpoint.version !== version) throw kernelError('request.precondition_failed');
    return endpoint;
  }

  private assertUsable(url: string): void {
    const fault = receiverUrlFault(url, this.settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES);
    if (fault === null) return;
    throw notificationsError('notifications.url_refused', {
      detail: fault,
      errors: [{ pointer: '/url', code: 'receiverUrl', detail: fault }],
    });
  }

  private record(
    tx: Transaction,
    actor: Actor,
    action: keyof typeof WEBHOOK_ACTIONS,
    endpoint: StoredEndpoint,
    states: { before?: JsonObject; after?: JsonObject },
  ): Promise<void> {
    return this.audit.record(tx, actor, {
      action: WEBHOOK_ACTIONS[action],
      tenantId: endpoint.tenantId,
      target: { type: 'webhook-endpoint', id: endpoint.id, displayName: endpoint.description },
      outcome: 'success',
      ...states,
    });
  }
}

function found(endpoint: StoredEndpoint | null): StoredEndpoint {
  if (endpoint === null) throw notificationsError('notifications.endpoint_not_found');
  return endpoint;
}

/** A URL often is a credential of the receiver's: the trail shows whose it is and masks the rest, by the name that it has here. */
function stateOf(endpoint: StoredEndpoint): JsonObject {
  const { description, eventTypes, minSeverity, status, disabledReason, tenantId } = endpoint;
  const url = `${new URL(endpoint.url).origin}/…`;
  return { url, urlSecret: endpoint.url, description, eventTypes, minSeverity, status, disabledReason, tenantId };
}
