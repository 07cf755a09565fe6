import type { JsonObject } from '../crypto/canonical-json.js';

/** A resource as the client wants to see it, with what an answer says of it even where the client didn't ask for `meta`. */
export interface ShownResource {
  id: string;
  resource: JsonObject;
  /** Entity tag. */
  version: string;
  /** Its address. */
  location: string;
}
