import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import type { Transaction } from '../database/transaction-runner.js';
import { EndpointSeals } from './endpoint-seals.service.js';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';

type SealedMember = 'sealedSecret' | 'sealedUrl';

/** An endpoint as it is read: its URL opened, without its secret. */
export type StoredEndpoint = Omit<WebhookEndpoint, SealedMember> & { url: string };
export type NewStoredEndpoint = Omit<StoredEndpoint, 'createdAt' | 'updatedAt'> & { sealedSecret: Buffer };
export type EndpointPatch = Partial<
  Pick<StoredEndpoint, 'url' | 'description' | 'eventTypes' | 'minSeverity' | 'status'>
>;

@Injectable()
export class WebhookEndpointsRepository {
  constructor(private readonly seals: EndpointSeals) {}

  async findById(tx: Transaction, id: string): Promise<StoredEndpoint | null> {
    return this.openMaybe(await tx.findOneBy(WebhookEndpoint, { id }));
  }

  /** Holds the endpoint until the transaction ends. */
  async findForUpdate(tx: Transaction, id: string): Promise<StoredEndpoint | null> {
    return this.openMaybe(await tx.findOne(WebhookEndpoint, { where: { id }, lock: { mode: 'pessimistic_write' } }));
  }

  /** Newest first. */
  async findPage(
    tx: Transaction,
    limit: number,
    beforeId: string | null,
    tenantId?: string,
  ): Promise<StoredEndpoint[]> {
    const rows = await tx.find(WebhookEndpoint, {
      where: {
        ...(beforeId === null ? {} : { id: LessThan(beforeId) }),
        ...(tenantId === undefined ? {} : { tenantId }),
      },
      order: { id: 'DESC' },
      take: limit,
    });
    return Promise.all(rows.map((row) => this.open(row)));
  }

  /** Who wants what; where they are is opened only to send. */
  findEnabled(tx: Transaction): Promise<Omit<StoredEndpoint, 'url'>[]> {
    return tx.find(WebhookEndpoint, { where: { status: 'enabled' }, order: { id: 'ASC' } });
  }

  count(tx: Transaction): Promise<number> {
    return tx.count(WebhookEndpoint);
  }

  async insert(tx: Transaction, { url, ...endpoint }: NewStoredEndpoint): Promise<StoredEndpoint> {
    const { id } = endpoint;
    await tx.insert(WebhookEndpoint, { ...endpoint, sealedUrl: await this.seals.sealUrl(id, url) });
    return this.open(await tx.findOneByOrFail(WebhookEndpoint, { id }));
  }

  async update(
    tx: Transaction,
    { id, version }: StoredEndpoint,
    { url, ...patch }: EndpointPatch & { disabledReason?: string | null },
  ): Promise<StoredEndpoint> {
    const sealed = url === undefined ? {} : { sealedUrl: await this.seals.sealUrl(id, url) };
    await tx.update(WebhookEndpoint, { id }, { ...patch, ...sealed, version: version + 1 });
    return this.open(await tx.findOneByOrFail(WebhookEndpoint, { id }));
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await tx.delete(WebhookEndpoint, { id });
  }

  private async open({ sealedSecret: _, sealedUrl, ...row }: WebhookEndpoint): Promise<StoredEndpoint> {
    return { ...row, url: await this.seals.openUrl(row.id, sealedUrl) };
  }

  private async openMaybe(row: WebhookEndpoint | null): Promise<StoredEndpoint | null> {
    return row === null ? null : this.open(row);
  }
}
