import { Injectable } from '@nestjs/common';
import { KeyRing } from '../crypto/key-ring.js';
import { defineSealedColumn } from '../crypto/sealed-columns.js';

const URL_COLUMN = defineSealedColumn({
  table: 'webhook_endpoints',
  column: 'sealed_url',
  row: 'id',
  tenant: null,
  rewrap: true,
});
const SECRET = defineSealedColumn({
  table: 'webhook_endpoints',
  column: 'sealed_secret',
  row: 'id',
  tenant: null,
  rewrap: true,
});
const PREVIOUS_SECRET = defineSealedColumn({
  table: 'webhook_endpoints',
  column: 'previous_sealed_secret',
  row: 'id',
  tenant: null,
  rewrap: true,
});

/** Seals and opens what is secret of an endpoint: its URL and the secret that signs what it gets. */
@Injectable()
export class EndpointSeals {
  constructor(private readonly keys: KeyRing) {}

  sealUrl(endpointId: string, url: string): Promise<Buffer> {
    return this.keys.seal(Buffer.from(url, 'utf8'), URL_COLUMN.place(endpointId));
  }

  /** @throws DomainError keys.cannot_open */
  async openUrl(endpointId: string, sealed: Buffer): Promise<string> {
    return (await this.keys.open(sealed, URL_COLUMN.place(endpointId))).toString('utf8');
  }

  sealSecret(endpointId: string, secret: Buffer): Promise<Buffer> {
    return this.keys.seal(secret, SECRET.place(endpointId));
  }

  /** @throws DomainError keys.cannot_open */
  openSecret(endpointId: string, sealed: Buffer): Promise<Buffer> {
    return this.keys.open(sealed, SECRET.place(endpointId));
  }

  /**
   * The secret as it is kept beside its successor: a sealed value opens only in its own column.
   *
   * @throws DomainError keys.cannot_open
   */
  async sealAsPrevious(endpointId: string, sealed: Buffer): Promise<Buffer> {
    return this.keys.seal(await this.openSecret(endpointId, sealed), PREVIOUS_SECRET.place(endpointId));
  }

  /** @throws DomainError keys.cannot_open */
  openPreviousSecret(endpointId: string, sealed: Buffer): Promise<Buffer> {
    return this.keys.open(sealed, PREVIOUS_SECRET.place(endpointId));
  }
}
