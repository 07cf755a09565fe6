import type { JsonObject } from '../../crypto/canonical-json.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';

/**
 * The port to this service's own configuration as one more thing that is watched; `app/` provides it. An abstract class, because it
 * is also the injection token.
 */
export abstract class OwnSource {
  /**
   * Everything there is of each type that it can read, whole: a type that isn't in the answer wasn't read, and nothing of it
   * counts as gone.
   *
   * @param entraTenantId Entra's directory id
   * @throws Error when it can't be read whole
   */
  abstract read(entraTenantId: string): Promise<ReadonlyMap<ResourceType, readonly JsonObject[]>>;
}
