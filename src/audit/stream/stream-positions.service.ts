import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import { DomainError } from '../../kernel/errors/domain-error.js';

const POSITION = defineSealedColumn({
  table: 'audit_streams',
  column: 'sealed_position',
  row: 'name',
  tenant: null,
  rewrap: true,
});
const POSITION_BYTES = 8;

/** A position as the table has it. */
export interface StoredPosition {
  name: string;
  nextLeaf: number;
  /** By how many records it is beyond the end of the log. */
  ahead: number;
  sealedPosition: Buffer | null;
}

/**
 * Positions of streams lie beside their seals. Whoever moves one without the key would keep records from the receiver: it counts for
 * nothing then. An older position with its seal still opens; its records are delivered once more.
 */
@Injectable()
export class StreamPositions {
  constructor(private readonly keys: KeyRing) {}

  seal(name: string, nextLeaf: number): Promise<Buffer> {
    const bytes = Buffer.alloc(POSITION_BYTES);
    bytes.writeBigUInt64BE(BigInt(nextLeaf));
    return this.keys.seal(bytes, POSITION.place(name));
  }

  /** @returns one sentence on why the position isn't believed; null for one that this service wrote */
  async faultOf({ name, nextLeaf, ahead, sealedPosition }: StoredPosition): Promise<string | null> {
    if (ahead > 0)
      return `The position of the stream (${nextLeaf}) is ${ahead} records beyond the end of the log: it was changed past the service.`;
    // A stream that never delivered, and one whose row was taken away: everything is delivered.
    if (sealedPosition === null && nextLeaf === 0) return null;
    if (sealedPosition !== null && (await this.opened(name, sealedPosition)) === nextLeaf) return null;
    return `The position of the stream (${nextLeaf}) is not one that this service wrote: it was changed past the service, or lies there since before positions were sealed.`;
  }

  private async opened(name: string, sealed: Buffer): Promise<number | null> {
    try {
      const bytes = await this.keys.open(sealed, POSITION.place(name));
      return bytes.length === POSITION_BYTES ? Number(bytes.readBigUInt64BE()) : null;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'keys.cannot_open') return null;
      throw error;
    }
  }
}
