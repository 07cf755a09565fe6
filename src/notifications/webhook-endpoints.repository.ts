import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import type { Transaction } from '../database/transaction-runner.js';
import { EndpointSeals } from './endpoint-seals.service.js';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';

type SealedMember = 'sealedSecret' | 'previousSealedSecret' | 'sealedUrl';
/** What the deliveries write. */
type HealthMember = 'failures' | 'failingSince';

/** An endpoint as it is read: its URL opened, without its secret. */
export type StoredEndpoint = Omit<WebhookEndpoint, SealedMember> & { url: string };
export type NewStoredEndpoint = Omit<
  StoredEndpoint,
  'createdAt' | 'updatedAt' | 'previousSecretUntil' | HealthMember
> & {
  sealedSecret: Buffer;
};
export type EndpointPatch = Partial<
  Pick<
    StoredEndpoint,
    | 'url'
    | 'description'
    | 'eventTypes'
    | 'minSeverity'
    | 'tenantIds'
    | 'resourceTypes'
    | 'controls'
    | 'digestIntervalSeconds'
    | 'status'
  >
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

  /**
   * Puts another secret in place. The one of now goes on signing beside it for a while.
   *
   * @param overlapSeconds 0 for not at all
   * @returns null when there is no such endpoint
   */
  async rotateSecret(
    tx: Transaction,
    { id, version }: StoredEndpoint,
    sealedSecret: Buffer,
    overlapSeconds: number,
  ): Promise<StoredEndpoint | null> {
    const rows = await tx.query<{ secret: Buffer }[]>(
      'SELECT sealed_secret AS secret FROM webhook_endpoints WHERE id = $1 FOR UPDATE',
      [id],
    );
    const before = rows[0]?.secret;
    if (before === undefined) return null;
    const previous = overlapSeconds === 0 ? null : await this.seals.sealAsPrevious(id, before);
    await tx.query(
      `UPDATE webhook_endpoints
          SET sealed_secret = $3, previous_sealed_secret = $4, version = $2 + 1, updated_at = now(),
              previous_secret_until = CASE WHEN $4::bytea IS NOT NULL THEN now() + make_interval(secs => $5::double precision) END
        WHERE id = $1`,
      [id, version, sealedSecret, previous, overlapSeconds],
    );
    return this.findById(tx, id);
  }

  /** Secrets whose time beside their successors is over: they sign nothing any more. */
  async eraseEndedSecrets(tx: Transaction): Promise<void> {
    await tx.query(
      `UPDATE webhook_endpoints SET previous_sealed_secret = NULL, previous_secret_until = NULL
        WHERE previous_secret_until <= now()`,
    );
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await tx.delete(WebhookEndpoint, { id });
  }

  private async open({
    sealedSecret: _,
    previousSealedSecret: __,
    sealedUrl,
    ...row
  }: WebhookEndpoint): Promise<StoredEndpoint> {
    return { ...row, url: await this.seals.openUrl(row.id, sealedUrl) };
  }

  private async openMaybe(row: WebhookEndpoint | null): Promise<StoredEndpoint | null> {
    return row === null ? null : this.open(row);
  }
}
