import { member } from '../normalise/json-members.js';
import type { TypeCollection } from './collect.types.js';
import type { KnownBelow } from './shown-children.js';

/**
 * What stands below objects that are read a second time and isn't doubted: as the first reading found it. What is doubted is all that
 * a second request for it can tell.
 *
 * @param doubted by key the members in which something is doubted; null for all of the object
 */
export function undoubtedOf(
  first: Pick<TypeCollection, 'changed'> | undefined,
  doubted: ReadonlyMap<string, ReadonlySet<string> | null>,
): KnownBelow {
  return {
    of: ({ into }, key) => {
      const members = doubted.get(key) ?? null;
      const object = first?.changed.get(key)?.object;
      if (members === null || members.has(into) || object === undefined) return null;
      // Nothing below it is left out of the normal form.
      return member(object.value, into) ?? [];
    },
  };
}
