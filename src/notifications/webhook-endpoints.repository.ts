import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import type { Transaction } from '../database/transaction-runner.js';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';

/** An endpoint as it is read: without its secret. */
export type StoredEndpoint = Omit<WebhookEndpoint, 'sealedSecret'>;
export type EndpointPatch = Partial<
  Pick<WebhookEndpoint, 'url' | 'description' | 'eventTypes' | 'minSeverity' | 'status'>
>;

@Injectable()
export class WebhookEndpointsRepository {
  findById(tx: Transaction, id: string): Promise<StoredEndpoint | null> {
    return tx.findOneBy(WebhookEndpoint, { id });
  }

  /** Holds the endpoint until the transaction ends. */
  findForUpdate(tx: Transaction, id: string): Promise<StoredEndpoint | null> {
    return tx.findOne(WebhookEndpoint, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** Newest first. */
  findPage(tx: Transaction, limit: number, beforeId: string | null, tenantId?: string): Promise<StoredEndpoint[]> {
    return tx.find(WebhookEndpoint, {
      where: {
        ...(beforeId === null ? {} : { id: LessThan(beforeId) }),
        ...(tenantId === undefined ? {} : { tenantId }),
      },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  findEnabled(tx: Transaction): Promise<StoredEndpoint[]> {
    return tx.find(WebhookEndpoint, { where: { status: 'enabled' }, order: { id: 'ASC' } });
  }

  count(tx: Transaction): Promise<number> {
    return tx.count(WebhookEndpoint);
  }

  async insert(tx: Transaction, endpoint: Omit<WebhookEndpoint, 'createdAt' | 'updatedAt'>): Promise<StoredEndpoint> {
    await tx.insert(WebhookEndpoint, endpoint);
    return tx.findOneByOrFail(WebhookEndpoint, { id: endpoint.id });
  }

  async update(
    tx: Transaction,
    endpoint: StoredEndpoint,
    patch: EndpointPatch & { disabledReason?: string | null },
  ): Promise<StoredEndpoint> {
    await tx.update(WebhookEndpoint, { id: endpoint.id }, { ...patch, version: endpoint.version + 1 });
    return tx.findOneByOrFail(WebhookEndpoint, { id: endpoint.id });
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await tx.delete(WebhookEndpoint, { id });
  }
}
