import { Injectable } from '@nestjs/common';
import { KeyRing } from '../crypto/key-ring.js';
import { defineSealedColumn } from '../crypto/sealed-columns.js';

const CREDENTIAL = defineSealedColumn({
  table: 'tenant_connections',
  column: 'sealed_credential',
  row: 'id',
  tenant: 'tenant_id',
  rewrap: true,
});
const FINGERPRINT_PURPOSE = 'tenant-connection.credential';
const FINGERPRINT_DIGITS = 16;

/** Seals and opens what a tenant's own application proves itself with. */
@Injectable()
export class ConnectionSeals {
  constructor(private readonly keys: KeyRing) {}

  seal(id: string, tenantId: string, credential: string): Promise<Buffer> {
    return this.keys.seal(Buffer.from(credential, 'utf8'), CREDENTIAL.place(id, tenantId));
  }

  /** @throws DomainError keys.cannot_open */
  async open(id: string, tenantId: string, sealed: Buffer): Promise<string> {
    return (await this.keys.open(sealed, CREDENTIAL.place(id, tenantId))).toString('utf8');
  }

  /** Equal for equal secrets, until the index key is another one; without that key nobody can try secrets against it. */
  async fingerprint(secret: string): Promise<string> {
    const index = await this.keys.index(FINGERPRINT_PURPOSE);
    return index.of(secret).toString('hex').slice(0, FINGERPRINT_DIGITS);
  }
}
