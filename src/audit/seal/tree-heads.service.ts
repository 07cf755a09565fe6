import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { HASH_BYTES } from '../../crypto/merkle/tree-hash.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import type { AuditTreeRow } from './audit-tree.repository.js';
import { TreeRefused } from './tree-refused.js';

/** What the service last wrote of its tree. */
export interface TreeHead {
  size: number;
  /** 32 bytes. */
  root: Buffer;
  /** Checkpoints up to this size have left the system. */
  publishedSize: number;
}

const HEAD = defineSealedColumn({ table: 'audit_trees', column: 'sealed_head', row: 'id', tenant: null, rewrap: true });
const PLACE = HEAD.place('1');
const SIZE_BYTES = 8;
const HEAD_BYTES = 2 * SIZE_BYTES + HASH_BYTES;

/**
 * The tree lies in tables that others may be able to write to. Its head lies there sealed, which they can't: a tree that isn't the one
 * the service last wrote gets no further leaf and no further signature. An older head with the tree of that time still opens, as after
 * a restore; only checkpoints outside of the database tell of that.
 */
@Injectable()
export class TreeHeads {
  constructor(private readonly keys: KeyRing) {}

  async seal({ size, root, publishedSize }: TreeHead): Promise<Buffer> {
    const bytes = Buffer.alloc(HEAD_BYTES);
    bytes.writeBigUInt64BE(BigInt(size), 0);
    bytes.writeBigUInt64BE(BigInt(publishedSize), SIZE_BYTES);
    root.copy(bytes, 2 * SIZE_BYTES);
    return this.keys.seal(bytes, PLACE);
  }

  /**
   * @returns null for a log that has no record yet
   * @throws TreeRefused when the row isn't what the service wrote
   */
  async of(row: AuditTreeRow): Promise<TreeHead | null> {
    if (row.sealedHead === null) {
      if (row.size === 0 && row.publishedSize === 0) return null;
      throw changed('its head is gone');
    }
    const head = await this.open(row.sealedHead);
    if (head.size !== row.size)
      throw changed(`it has ${row.size} records, and had ${head.size} when it was last written`);
    if (head.publishedSize !== row.publishedSize) throw changed('another size stands there as published');
    return head;
  }

  private async open(sealed: Buffer): Promise<TreeHead> {
    let bytes: Buffer;
    try {
      bytes = await this.keys.open(sealed, PLACE);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'keys.cannot_open') throw changed('its head does not open');
      throw error;
    }
    if (bytes.length !== HEAD_BYTES) throw changed('its head is none');
    return {
      size: Number(bytes.readBigUInt64BE(0)),
      publishedSize: Number(bytes.readBigUInt64BE(SIZE_BYTES)),
      root: bytes.subarray(2 * SIZE_BYTES),
    };
  }
}

/** For the log of the service: sealing stops until somebody has looked. */
function changed(how: string): TreeRefused {
  return new TreeRefused(`the tree of the audit trail is not as this service left it (${how}): it was changed`);
}
