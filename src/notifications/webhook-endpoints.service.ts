import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { JobQueue } from '../jobs/job-queue.service.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { newId } from '../kernel/ids/ids.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { AlertSubjects } from '../outbox/alert-subjects.js';
import { Outbox } from '../outbox/outbox.service.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { DELIVER_TASK, deliverJobKey } from './deliver-task.js';
import { DigestItemsRepository } from './digest-items.repository.js';
import { EndedDeliveries } from './ended-deliveries.service.js';
import { EndpointHealthRepository } from './endpoint-health.repository.js';
import { EndpointSeals } from './endpoint-seals.service.js';
import { notificationsError } from './notifications.errors.js';
import { WEBHOOK_ACTIONS } from './notifications.events.js';
import { maskedUrl, receiverUrlFault } from './receiver-url.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { type EndpointPatch, type StoredEndpoint, WebhookEndpointsRepository } from './webhook-endpoints.repository.js';

export type NewEndpoint = Pick<
  StoredEndpoint,
  | 'url'
  | 'description'
  | 'eventTypes'
  | 'minSeverity'
  | 'tenantId'
  | 'tenantIds'
  | 'resourceTypes'
  | 'controls'
  | 'digestIntervalSeconds'
>;

/** Each event makes one delivery for each of them. */
const MAX_ENDPOINTS = 100;
/** Deliveries that one request starts again. */
export const MAX_REPLAYED = 10_000;

/** Who is told of events, by which URL, of which kinds. */
@Injectable()
export class WebhookEndpoints {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly health: EndpointHealthRepository,
    private readonly ended: EndedDeliveries,
    private readonly digestItems: DigestItemsRepository,
    private readonly tenants: TenantsService,
    private readonly subjects: AlertSubjects,
    private readonly outbox: Outbox,
    private readonly queue: JobQueue,
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
   * @throws DomainError notifications.url_refused, notifications.too_many_endpoints, notifications.unknown_tenant,
   *   notifications.unknown_subject, notifications.two_scopes
   */
  async create(actor: Actor, endpoint: NewEndpoint): Promise<{ endpoint: StoredEndpoint; secret: string }> {
    this.assertUsable(endpoint.url);
    this.assertKnownSubjects(endpoint);
    const id = newId();
    const secret = randomBytes(32);
    const sealedSecret = await this.seals.sealSecret(id, secret);
    const created = await this.transactions.run(async (tx) => {
      if ((await this.endpoints.count(tx)) >= MAX_ENDPOINTS)
        throw notificationsError('notifications.too_many_endpoints');
      await this.assertWatched(tx, endpoint.tenantId, endpoint.tenantIds);
      const row = { ...endpoint, id, sealedSecret, status: 'enabled', disabledReason: null, version: 1 } as const;
      const stored = await this.endpoints.insert(tx, row);
      await this.record(tx, actor, 'webhooks.endpoint.created', stored, { after: stateOf(stored) });
      return stored;
    });
    return { endpoint: created, secret: `whsec_${secret.toString('base64')}` };
  }

  /**
   * @throws DomainError notifications.endpoint_not_found, notifications.url_refused, notifications.unknown_tenant,
   *   notifications.unknown_subject, notifications.two_scopes, request.precondition_failed when somebody else changed it since
   *   `version` was read
   */
  async update(actor: Actor, id: string, version: number, patch: EndpointPatch): Promise<StoredEndpoint> {
    if (patch.url !== undefined) this.assertUsable(patch.url);
    this.assertKnownSubjects(patch);
    return this.transactions.run(async (tx) => {
      const before = await this.locked(tx, id, version);
      if (patch.tenantIds !== undefined) await this.assertWatched(tx, before.tenantId, patch.tenantIds);
      // Whoever enables it or says where it is now expects it to be tried at once.
      if (patch.status !== undefined || patch.url !== undefined) await this.health.forget(tx, id);
      const after = await this.endpoints.update(tx, before, {
        ...patch,
        ...(patch.status === undefined ? {} : { disabledReason: null }),
      });
      if (before.status === 'enabled' && after.status === 'disabled') {
        await this.giveUpPending(tx, actor, id, 'The endpoint was disabled before this was delivered.');
      }
      await this.ended.recordOwed(tx, { endpointId: id });
      if (after.status === 'disabled' || after.digestIntervalSeconds === null) await this.digestItems.drop(tx, id);
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
      await this.giveUpPending(tx, actor, id, 'The endpoint was deleted before this was delivered.');
      await this.ended.recordOwed(tx, { endpointId: id });
      await this.endpoints.delete(tx, id);
      await this.record(tx, actor, 'webhooks.endpoint.deleted', before, { before: stateOf(before) });
    });
  }

  /** Keeps everybody else from changing the endpoint until the transaction ends: before its deliveries are locked. */
  async hold(tx: Transaction, id: string): Promise<void> {
    await this.endpoints.findForUpdate(tx, id);
  }

  /**
   * Disables an endpoint whose receiver wants no more or has failed for too long, gives up what it was still to get, and tells the others.
   *
   * @param disabledReason one sentence for people
   */
  async disable(tx: Transaction, actor: Actor, id: string, disabledReason: string): Promise<void> {
    const before = await this.endpoints.findForUpdate(tx, id);
    if (before === null || before.status === 'disabled') return;
    const after = await this.endpoints.update(tx, before, { status: 'disabled', disabledReason });
    const deadLetters = await this.giveUpPending(tx, actor, id, disabledReason);
    await this.digestItems.drop(tx, id);
    await this.record(tx, actor, 'webhooks.endpoint.disabled', after, {
      before: stateOf(before),
      after: stateOf(after),
    });
    await this.outbox.append(tx, {
      type: 'webhooks.endpoint.disabled',
      tenantId: after.tenantId,
      data: { endpointId: id, description: after.description, reason: disabledReason, deadLetters },
    });
  }

  /**
   * Gives an endpoint another secret.
   *
   * @param overlapSeconds how long messages are signed with the old one too; a second rotation ends the one before the last at once
   * @returns the new secret as `whsec_…`, which is never shown again
   * @throws DomainError notifications.endpoint_not_found, request.precondition_failed, keys.cannot_open
   */
  async rotateSecret(
    actor: Actor,
    id: string,
    version: number,
    overlapSeconds: number,
  ): Promise<{ endpoint: StoredEndpoint; secret: string }> {
    const secret = randomBytes(32);
    const sealedSecret = await this.seals.sealSecret(id, secret);
    const endpoint = await this.transactions.run(async (tx) => {
      const before = await this.locked(tx, id, version);
      const after = found(await this.endpoints.rotateSecret(tx, before, sealedSecret, overlapSeconds));
      await this.record(tx, actor, 'webhooks.secret.rotated', after, { after: { overlapSeconds } });
      return after;
    });
    return { endpoint, secret: `whsec_${secret.toString('base64')}` };
  }

  /**
   * Starts the dead letters of an endpoint again, oldest first and at most MAX_REPLAYED, each with its own `webhook-id`.
   *
   * @param since only of events since then; null for all
   * @returns how many
   * @throws DomainError notifications.endpoint_not_found, notifications.endpoint_disabled
   */
  replay(actor: Actor, id: string, since: Date | null): Promise<number> {
    return this.transactions.run(async (tx) => {
      const endpoint = found(await this.endpoints.findForUpdate(tx, id));
      if (endpoint.status !== 'enabled') throw notificationsError('notifications.endpoint_disabled');
      const replayed = await this.deliveries.restartDead(tx, id, since, MAX_REPLAYED);
      if (replayed === 0) return 0;
      await this.health.forget(tx, id);
      await this.queue.add(tx, DELIVER_TASK, { endpointId: id }, { jobKey: deliverJobKey(id) });
      const after = { replayed, since: since?.toISOString() ?? null };
      await this.record(tx, actor, 'webhooks.endpoint.replayed', endpoint, { after });
      return replayed;
    });
  }

  /** @returns how many */
  private async giveUpPending(tx: Transaction, actor: Actor, id: string, reason: string): Promise<number> {
    const ended = await this.deliveries.giveUpPending(tx, id, reason);
    await this.ended.record(tx, actor, ended);
    return ended.length;
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

  private assertKnownSubjects(wanted: Partial<Pick<NewEndpoint, 'resourceTypes' | 'controls'>>): void {
    const errors = (['resourceTypes', 'controls'] as const).flatMap((kind) =>
      this.subjects.unknownAt(kind, wanted[kind] ?? []).map((index) => ({
        pointer: `/${kind}/${index}`,
        code: 'known',
        detail: kind === 'controls' ? 'is not a control' : 'is not a type of resource',
      })),
    );
    if (errors.length > 0) throw notificationsError('notifications.unknown_subject', { errors });
  }

  /** An endpoint of one tenant hears of no other. */
  private async assertWatched(tx: Transaction, tenantId: string | null, tenantIds: string[]): Promise<void> {
    if (tenantId !== null && tenantIds.length > 0) throw notificationsError('notifications.two_scopes');
    const errors = [];
    for (const [index, id] of tenantIds.entries()) {
      if ((await this.tenants.find(tx, id)) !== null) continue;
      errors.push({ pointer: `/tenantIds/${index}`, code: 'tenant', detail: 'is not the id of a watched tenant' });
    }
    if (errors.length > 0) throw notificationsError('notifications.unknown_tenant', { errors });
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
  const { tenantIds, resourceTypes, controls, digestIntervalSeconds } = endpoint;
  const wants = { eventTypes, minSeverity, tenantId, tenantIds, resourceTypes, controls, digestIntervalSeconds };
  return { url: maskedUrl(endpoint.url), urlSecret: endpoint.url, description, status, disabledReason, ...wants };
}
