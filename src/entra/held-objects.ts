import type { JsonObject } from '../crypto/canonical-json.js';
import { GraphFault } from './graph-fault.js';

export interface HeldLimits {
  objects: number;
  /** Of the objects as JSON. */
  bytes: number;
}

/**
 * What readers of one tenant hold at a time of lists that are gathered whole. Each page has a limit of its own and may be followed by
 * any number of others: only this keeps a tenant from filling the memory with them.
 */
export class HeldObjects {
  private objects = 0;
  private bytes = 0;

  constructor(private readonly limits: HeldLimits) {}

  share(): HeldShare {
    return new HeldShare((objects, bytes) => this.move(objects, bytes));
  }

  /** @returns what it is more than may be; null where it may */
  private move(objects: number, bytes: number): string | null {
    const { limits } = this;
    const isMore = objects > 0;
    if (isMore && this.objects + objects > limits.objects) return `${limits.objects} objects`;
    if (isMore && this.bytes + bytes > limits.bytes) return `${limits.bytes} bytes`;
    this.objects += objects;
    this.bytes += bytes;
    return null;
  }
}

/** The part of one list, or of what one reader gathers. */
export class HeldShare {
  private objects = 0;
  private bytes = 0;
  private over = false;

  constructor(private readonly move: (objects: number, bytes: number) => string | null) {}

  /** @throws GraphFault too_large */
  add(object: JsonObject, path: string): void {
    // Of what comes after the reader has gone nobody holds anything.
    if (this.over) return;
    const bytes = JSON.stringify(object).length;
    const more = this.move(1, bytes);
    if (more !== null)
      throw new GraphFault('too_large', path.split('?')[0] ?? path, `what is gathered of lists is more than ${more}`);
    this.objects += 1;
    this.bytes += bytes;
  }

  release(): void {
    this.over = true;
    this.move(-this.objects, -this.bytes);
    this.objects = 0;
    this.bytes = 0;
  }
}
