import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject } from '../normalise/json-members.js';

/** An answer that isn't of the shape that Graph documents. The type is then incomplete, and nothing of it counts as gone. */
export class UnexpectedShapeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnexpectedShapeError';
  }
}

/**
 * The objects of a list inside an answer.
 *
 * @param what names the list for people
 * @throws UnexpectedShapeError when it isn't a list of objects
 */
export function objectsOf(list: Json | undefined, what: string): JsonObject[] {
  if (!Array.isArray(list)) throw new UnexpectedShapeError(`${what} is not a list in the answer`);
  return list.map((item) => {
    if (!isObject(item)) throw new UnexpectedShapeError(`${what} holds something that is not an object`);
    return item;
  });
}
