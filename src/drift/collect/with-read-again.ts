import type { KnownHeads, StoredHead } from '../snapshot/known-heads.js';
import { referencedIds } from '../snapshot/referenced-ids.js';
import type { StoredObject } from '../snapshot/stored-object.js';
import type { ReadAgain, TenantCollection, TypeCollection } from './collect.types.js';
import { fingerprintOf } from './type-collector.js';

/** A reading in which the objects that were read a second time are as they were the second time. */
export async function withReadAgain(
  collection: TenantCollection,
  again: ReadAgain,
  heads: KnownHeads,
): Promise<TenantCollection> {
  const corrected: TenantCollection = new Map(collection);
  for (const [type, objects] of again) {
    const now = collection.get(type);
    if (now === undefined || objects.size === 0) continue;
    corrected.set(type, correctedType(now, objects, await heads.byKey(type, [...objects.keys()])));
  }
  return corrected;
}

function correctedType(
  now: TypeCollection,
  objects: ReadonlyMap<string, StoredObject | null>,
  heads: ReadonlyMap<string, StoredHead>,
): TypeCollection {
  const changed = new Map(now.changed);
  const reread = new Map(now.reread);
  const gone = new Set(now.gone);
  const named = new Set(now.named);
  /** Of the snapshot before: whether the second reading found them. */
  const found = new Map<string, boolean>();
  let { count } = now;
  for (const [key, object] of objects) {
    const head = heads.get(key) ?? null;
    const wasThere = now.changed.has(key) || (head !== null && now.wasRead(key, head));
    count += (object === null ? 0 : 1) - (wasThere ? 1 : 0);
    found.set(key, object !== null);
    if (object === null) {
      changed.delete(key);
      reread.delete(key);
      if (head !== null && now.status === 'complete') gone.add(key);
      continue;
    }
    gone.delete(key);
    for (const id of referencedIds(object)) named.add(id);
    if (head?.hash === object.hash) {
      changed.delete(key);
    } else {
      const first = now.changed.get(key);
      // The same content came in the form that the list has, which the next scan will know again.
      const fingerprint = first?.object.hash === object.hash ? first.fingerprint : fingerprintOf(object);
      changed.set(key, { object, fingerprint, head });
      reread.delete(key);
    }
  }
  return {
    ...now,
    count,
    changed,
    reread,
    gone,
    named,
    wasRead: (key, head) => found.get(key) ?? now.wasRead(key, head),
  };
}
