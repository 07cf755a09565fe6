import { type GraphObject, type JsonObject, textOf } from '../store/json.types.js';
import type { CollectionName, TenantState } from '../store/tenant-state.js';

/** Puts these objects in place of a list; objects without an id get one. */
export function replaceAll(state: TenantState, collection: CollectionName, objects: JsonObject[]): void {
  state.collections[collection].clear();
  for (const object of objects) {
    const row: GraphObject = { ...object, id: textOf(object, 'id') || state.ids.guid() };
    state.collections[collection].set(row);
    state.changes.record(collection, row.id);
  }
}
