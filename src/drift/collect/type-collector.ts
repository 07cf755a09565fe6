import { hash as digest } from 'node:crypto';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { GraphFault } from '../../entra/graph-fault.js';
import type { RawPage } from '../../entra/graph-lists.js';
import { storableText } from '../../kernel/text/storable-text.js';
import { normaliseObjects } from '../normalise/normalise-object.js';
import type { ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import { type KnownHeads, NO_HEADS } from '../snapshot/known-heads.js';
import { referencedIds } from '../snapshot/referenced-ids.js';
import type { CollectionStatus } from '../snapshot/snapshot.types.js';
import { StoredObject } from '../snapshot/stored-object.js';
import type { TypeCollection } from './collect.types.js';
import { cutReason } from './cut-reason.js';
import type { Spill } from './spill.js';
import { TypeDelta } from './type-delta.js';

/** Gathers what is new about the objects of one type as they are read, and what kept it from being complete. */
export class TypeCollector {
  private firstReason: string | null = null;
  private faults = 0;
  private reads = 0;
  private notCarried: string[] = [];
  /** What was read on from the snapshot before; null where everything was read. */
  private since: { keys: readonly string[]; absent: ReadonlySet<string> } | null = null;
  private readonly delta: TypeDelta;
  private readonly named = new Set<string>();
  private askedIds: Set<string> | null = null;

  /**
   * @param visit sees every object that is added in its parsed form
   * @param spill where what is new goes that is too much for memory
   */
  constructor(
    readonly definition: ResourceTypeDefinition,
    heads: KnownHeads = NO_HEADS,
    private readonly visit: (object: StoredObject) => void = () => undefined,
    spill: Spill | null = null,
  ) {
    this.delta = new TypeDelta(definition.type, heads, spill);
  }

  /** Normalises the objects of one answer and keeps those that aren't as they were; the raw ones can be forgotten. */
  async add(raws: readonly JsonObject[]): Promise<void> {
    this.reads += 1;
    const { objects, faults } = normaliseObjects(this.definition, raws);
    for (const fault of faults) this.lacks(fault);
    await this.delta.offer(
      objects.map((normal) => {
        const object = StoredObject.from(normal);
        for (const id of referencedIds(normal)) this.named.add(id);
        this.visit(object);
        return { object, fingerprint: fingerprintOf(object) };
      }),
    );
  }

  /**
   * The same with a page that wasn't parsed: only what the snapshot before doesn't hold byte for byte is. Not for types whose
   * objects name others, which have to be looked into.
   *
   * @throws GraphFault malformed
   */
  async addPage({ bytes, bounds, path }: RawPage): Promise<void> {
    this.reads += 1;
    const table = await this.delta.table();
    const offers: { object: StoredObject; fingerprint: Buffer }[] = [];
    for (let i = 0; i < bounds.length; i += 2) {
      const element = bytes.subarray(bounds[i], bounds[i + 1]);
      const text = digest('sha256', element, 'binary');
      if (table.meetText(text)) continue;
      const fingerprint = Buffer.from(text, 'binary');
      const { objects, faults } = normaliseObjects(this.definition, [parsed(element, bounds[i] ?? 0, path)]);
      for (const fault of faults) this.lacks(fault);
      for (const object of objects) offers.push({ object: StoredObject.from(object), fingerprint });
    }
    await this.delta.offer(offers);
  }

  /**
   * Everything that wasn't asked for is as it was in the snapshot before.
   *
   * @param absent those of the keys that were asked for that aren't there
   */
  async readOn(asked: readonly string[], absent: ReadonlySet<string>): Promise<void> {
    this.reads += 1;
    this.since = { keys: asked, absent };
    await this.delta.table();
  }

  /** An object that wasn't looked into names this user or group. */
  note(id: string): void {
    this.named.add(id);
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

  /** Objects are asked for by their ids, and these are. */
  asks(ids: readonly string[]): void {
    this.askedIds ??= new Set();
    for (const id of ids) this.askedIds.add(id);
  }

  /** Keys of the snapshot before that weren't read so far. */
  unread(): AsyncIterable<string> {
    return this.delta.unread();
  }

  /** Users and groups that the objects read so far name. */
  get namedIds(): ReadonlySet<string> {
    return this.named;
  }

  get status(): CollectionStatus {
    if (this.firstReason === null) return 'complete';
    return this.reads === 0 ? 'failed' : 'partial';
  }

  /** Null exactly when complete. */
  get reason(): string | null {
    if (this.firstReason === null) return null;
    const more = this.faults === 1 ? '' : ` (and ${this.faults - 1} more)`;
    return cutReason(storableText(this.firstReason)) + more;
  }

  /** To be asked once, when everything was added. */
  async result(): Promise<TypeCollection> {
    const { status, reason, notCarried, named, since, askedIds } = this;
    const isComplete = status === 'complete';
    return {
      resourceType: this.definition.type,
      status,
      reason,
      ...(notCarried.length === 0 ? {} : { notCarried }),
      named,
      ...(askedIds === null ? {} : { wasAsked: (key: string) => askedIds.has(key) }),
      ...(await (since === null
        ? this.delta.ended(isComplete)
        : this.delta.endedSince(since.keys, since.absent, isComplete))),
    };
  }
}

/** Of an object that was put together from several answers or out of a part of one: its normal form says what was read. */
export function fingerprintOf({ key, hash, modifiedAt }: StoredObject): Buffer {
  return digest('sha256', `${key}\0${hash}\0${modifiedAt ?? ''}`, 'buffer');
}

function parsed(element: Buffer, offset: number, path: string): JsonObject {
  try {
    // It begins with a brace, so what parses is an object.
    return JSON.parse(element.toString('utf8')) as JsonObject;
  } catch {
    throw new GraphFault('malformed', path, `the object at byte ${offset} of the answer is broken JSON`);
  }
}
