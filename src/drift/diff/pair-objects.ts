import type { SnapshotObject } from '../snapshot/snapshot.types.js';

export interface ObjectPair {
  before: SnapshotObject;
  after: SnapshotObject;
  matchedBy: 'id' | 'name';
}

export interface Pairing {
  pairs: ObjectPair[];
  removed: SnapshotObject[];
  added: SnapshotObject[];
}

/**
 * Which object before is which object after: by key, and by name for what is left where one side carries no id. Names
 * never decide between two objects that both have ids. Objects that share a key or name are paired with their equals
 * first, then in their order.
 */
export function pairObjects(before: Iterable<SnapshotObject>, after: Iterable<SnapshotObject>): Pairing {
  const byId = pairBy([...before], [...after], 'id');
  const byName = pairBy(byId.removed, byId.added, 'name');
  return { pairs: [...byId.pairs, ...byName.pairs], removed: byName.removed, added: byName.added };
}

function pairBy(before: SnapshotObject[], after: SnapshotObject[], matchedBy: 'id' | 'name'): Pairing {
  const pairing: Pairing = { pairs: [], removed: [], added: [] };
  const equals = new Queues();
  const others = new Queues();
  for (const object of after) {
    const names = candidateNames(object, matchedBy);
    for (const name of names) {
      equals.add(`${object.hash} ${name}`, object);
      others.add(name, object);
    }
    if (names.length === 0) pairing.added.push(object);
  }
  const taken = new Set<SnapshotObject>();
  const pass = (objects: SnapshotObject[], queues: Queues, prefix: (object: SnapshotObject) => string) => {
    const left: SnapshotObject[] = [];
    for (const object of objects) {
      const match = queues.take(
        wantedNames(object, matchedBy).map((name) => prefix(object) + name),
        taken,
      );
      if (match === null) left.push(object);
      else pairing.pairs.push({ before: object, after: match, matchedBy });
    }
    return left;
  };
  const unequal = pass(before, equals, (object) => `${object.hash} `);
  pairing.removed = pass(unequal, others, () => '');
  for (const object of after) {
    if (!taken.has(object) && candidateNames(object, matchedBy).length > 0) pairing.added.push(object);
  }
  return pairing;
}

/** The names under which an object after can be found; the mark says whether it has an id of its own. */
function candidateNames(object: SnapshotObject, matchedBy: 'id' | 'name'): string[] {
  if (matchedBy === 'id') return object.keyedBy === undefined ? [object.key] : [];
  if (object.displayName === null) return [];
  return [`${object.keyedBy === 'name' ? 'free' : 'fixed'} ${object.displayName}`];
}

function wantedNames(object: SnapshotObject, matchedBy: 'id' | 'name'): string[] {
  if (matchedBy === 'id') return object.keyedBy === undefined ? [object.key] : [];
  if (object.displayName === null) return [];
  const free = `free ${object.displayName}`;
  return object.keyedBy === 'name' ? [free, `fixed ${object.displayName}`] : [free];
}

/** Objects by name, each handed out once, in linear time however many share a name. */
class Queues {
  private readonly lists = new Map<string, { objects: SnapshotObject[]; next: number }>();

  add(name: string, object: SnapshotObject): void {
    const list = this.lists.get(name);
    if (list === undefined) this.lists.set(name, { objects: [object], next: 0 });
    else list.objects.push(object);
  }

  take(names: string[], taken: Set<SnapshotObject>): SnapshotObject | null {
    for (const name of names) {
      const list = this.lists.get(name);
      if (list === undefined) continue;
      while (list.next < list.objects.length) {
        const object = list.objects[list.next++];
        if (object === undefined || taken.has(object)) continue;
        taken.add(object);
        return object;
      }
    }
    return null;
  }
}
