import { hash as digest } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import { driftError } from '../drift.errors.js';

const BODY = defineSealedColumn({
  table: 'config_blobs',
  column: 'sealed_body',
  row: 'hash',
  tenant: 'tenant_id',
  rewrap: true,
});
const NAME = defineSealedColumn({
  table: 'config_versions',
  column: 'sealed_name',
  row: 'id',
  tenant: 'tenant_id',
  rewrap: true,
});

/** First byte of what is sealed of a body: how the rest is written. */
const PLAIN = 0;
const DEFLATED = 1;
/** Below, compressing takes longer than it saves. PostgreSQL, too, compressed only what is larger. */
const DEFLATED_FROM_BYTES = 2000;

/** Seals and opens what snapshots hold of a tenant: contents, and the names of objects. */
@Injectable()
export class SnapshotSeals {
  constructor(private readonly keys: KeyRing) {}

  /** @param hash hex of the content's digest, which is the row's key */
  sealBody(tenantId: string, hash: string, text: string): Promise<Buffer> {
    return this.keys.seal(packed(text), BODY.place(rowOf(hash), tenantId));
  }

  /** @throws DomainError keys.cannot_open, drift.content_changed when it isn't what its hash names */
  async openBody(tenantId: string, hash: string, sealed: Buffer): Promise<string> {
    const content = unpacked(await this.keys.open(sealed, BODY.place(rowOf(hash), tenantId)));
    if (digest('sha256', content) === hash) return content.toString('utf8');
    throw driftError('drift.content_changed', {
      detail: `The content ${hash} of a snapshot is another than was stored.`,
    });
  }

  /** @param id config_versions.id */
  async sealName(tenantId: string, id: string, name: string | null): Promise<Buffer | null> {
    return name === null ? null : this.keys.seal(Buffer.from(name, 'utf8'), NAME.place(id, tenantId));
  }

  /** @throws DomainError keys.cannot_open */
  async openName(tenantId: string, id: string, sealed: Buffer): Promise<string> {
    return (await this.keys.open(sealed, NAME.place(id, tenantId))).toString('utf8');
  }
}

/** The hash as PostgreSQL writes a bytea as text, which is how a place names its row. */
function rowOf(hash: string): string {
  return `\\x${hash}`;
}

function packed(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const isLarge = bytes.byteLength >= DEFLATED_FROM_BYTES;
  return Buffer.concat([Buffer.of(isLarge ? DEFLATED : PLAIN), isLarge ? deflateRawSync(bytes, { level: 1 }) : bytes]);
}

function unpacked(bytes: Buffer): Buffer {
  const content = bytes.subarray(1);
  return bytes[0] === DEFLATED ? inflateRawSync(content) : content;
}
