import type { JsonObject } from '../../crypto/canonical-json.js';
import type { GraphFault } from '../../entra/graph-fault.js';
import { storableText } from '../../kernel/text/storable-text.js';
import { normaliseObjects } from '../normalise/normalise-object.js';
import type { ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import { StoredObject } from '../snapshot/stored-object.js';
import type { TypeCollection } from './collect.types.js';
import { cutReason } from './cut-reason.js';
import { preferredOf } from './prefer-duplicate.js';

/** Gathers the objects of one type as they are read, and what kept it from being complete. */
export class TypeCollector {
  private readonly objects = new Map<string, StoredObject>();
  private firstReason: string | null = null;
  private faults = 0;
  private reads = 0;
  private notCarried: string[] = [];

  constructor(readonly definition: ResourceTypeDefinition) {}

  /** Normalises and keeps the objects of one answer; the raw ones can be forgotten. */
  add(raws: JsonObject[]): void {
    this.reads += 1;
    const { objects, faults } = normaliseObjects(this.definition, raws);
    for (const object of objects) {
      const stored = StoredObject.from(object);
      const other = this.objects.get(stored.key);
      this.objects.set(stored.key, other === undefined ? stored : preferredOf(other, stored));
    }
    for (const fault of faults) this.lacks(fault);
  }

  /** Something of this type wasn't read. */
  lacks(reason: GraphFault | string): void {
    this.faults += 1;
    this.firstReason ??= typeof reason === 'string' ? reason : reason.message;
  }

  /** The source that is read instead of the usual one doesn't have these paths. */
  cannotSay(paths: string[]): void {
    this.notCarried = paths;
  }

  values(): Iterable<StoredObject> {
    return this.objects.values();
  }

  result(): TypeCollection {
    const { type: resourceType } = this.definition;
    const common = {
      resourceType,
      objects: this.objects,
      ...(this.notCarried.length === 0 ? {} : { notCarried: this.notCarried }),
    };
    if (this.firstReason === null) return { ...common, status: 'complete', reason: null };
    const more = this.faults === 1 ? '' : ` (and ${this.faults - 1} more)`;
    const reason = cutReason(storableText(this.firstReason)) + more;
    return { ...common, status: this.reads === 0 ? 'failed' : 'partial', reason };
  }
}
