import { hash as digest } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../../crypto/canonical-json.js';
import { storableText } from '../../kernel/text/storable-text.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { SnapshotObject } from './snapshot.types.js';

const MAX_KEY_LENGTH = 256;
const MAX_NAME_LENGTH = 512;

/**
 * An object of a snapshot as a scan and the store keep it: its canonical text and hash. The value is made from the text when
 * somebody asks for it, so that what didn't change costs its text and nothing else.
 */
export class StoredObject implements SnapshotObject {
  private parsed: JsonObject | undefined;
  /** Where the content isn't held: for as long as there is room for it. */
  private lent: WeakRef<JsonObject> | undefined;

  constructor(
    readonly resourceType: ResourceType,
    readonly key: string,
    readonly keyedBy: 'name' | undefined,
    readonly displayName: string | null,
    readonly hash: string,
    readonly modifiedAt: string | null,
    /** Canonical JSON of the value, or where it is read whenever somebody asks for it. */
    private readonly content: string | (() => string),
  ) {}

  /** Canonical JSON of the value. */
  get text(): string {
    return typeof this.content === 'string' ? this.content : this.content();
  }

  get value(): JsonObject {
    if (typeof this.content === 'string') {
      this.parsed ??= JSON.parse(this.content) as JsonObject;
      return this.parsed;
    }
    const lent = this.lent?.deref();
    if (lent !== undefined) return lent;
    const value = JSON.parse(this.content()) as JsonObject;
    this.lent = new WeakRef(value);
    return value;
  }

  /** The same object with key and name in a form that a text column and an index can hold. */
  static from(object: SnapshotObject): StoredObject {
    return new StoredObject(
      object.resourceType,
      storableKey(object.key),
      object.keyedBy,
      object.displayName === null ? null : storableText(object.displayName).slice(0, MAX_NAME_LENGTH).toWellFormed(),
      object.hash,
      object.modifiedAt,
      canonicalJson(object.value),
    );
  }
}

/** Keys that Graph gives are short plain text; whatever else arrives is replaced by its digest, which says who it is as well. */
export function storableKey(key: string): string {
  const isPlain = key !== '' && key.length <= MAX_KEY_LENGTH && storableText(key) === key;
  return isPlain ? key : `sha256:${digest('sha256', Buffer.from(key, 'utf16le'))}`;
}
