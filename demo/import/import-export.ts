import { isJsonObject, type Json, type JsonObject, textOf } from '../store/json.types.js';
import type { CollectionName, TenantState } from '../store/tenant-state.js';
import { importScubaGear } from './import-scubagear.js';
import { importSnapshot } from './import-snapshot.js';
import { replaceAll } from './replace-all.js';

/** What was loaded: how many objects replaced which lists. Lists that the export doesn't carry stay as they were. */
export interface ImportResult {
  format: 'scubagear' | 'blindspotx-snapshot' | 'graph';
  loaded: Record<string, number>;
}

/** Graph lists by their OData context, for exports that keep Graph's own JSON (IntuneManagement, EntraExporter). */
const CONTEXTS: [RegExp, CollectionName][] = [
  [/conditionalAccess\/policies/, 'conditionalAccessPolicies'],
  [/conditionalAccess\/namedLocations/, 'namedLocations'],
  [/authenticationStrength/, 'authenticationStrengthPolicies'],
];

/**
 * Loads an export as the tenant's state: a ScubaGear `ProviderSettingsExport.json`, a snapshot exported by `blindspotx snapshot
 * export`, or Graph's own JSON of Conditional Access objects (one object, a list, or `{value: […]}`). Throws with a sentence when
 * it is something else; nothing is changed then.
 */
export function importExport(state: TenantState, text: string): JsonObject {
  const clean = text.replace(/^\uFEFF/, '').trim();
  const firstLine = parse(clean.split('\n', 1)[0] ?? '');
  if (isJsonObject(firstLine) && firstLine['format'] === 'blindspotx-snapshot')
    return told('blindspotx-snapshot', importSnapshot(state, clean));
  const whole = parse(clean);
  if (whole === undefined)
    throw new Error('The export is neither JSON nor a blindspotx snapshot. Post the file as it is, in UTF-8.');
  if (isJsonObject(whole) && ('conditional_access_policies' in whole || 'privileged_roles' in whole))
    return told('scubagear', importScubaGear(state, whole));
  return told('graph', importGraphObjects(state, whole));
}

function importGraphObjects(state: TenantState, whole: Json): Record<string, number> {
  const list = Array.isArray(whole)
    ? whole
    : isJsonObject(whole) && Array.isArray(whole['value'])
      ? whole['value']
      : [whole];
  const objects = list.filter(isJsonObject);
  const context = isJsonObject(whole) ? textOf(whole, '@odata.context') : '';
  const collection =
    CONTEXTS.find(([pattern]) => pattern.test(context))?.[1] ??
    (objects.every(looksLikePolicy) ? 'conditionalAccessPolicies' : undefined);
  if (!collection || objects.length === 0) {
    throw new Error(
      'This JSON is no export that the demo tenant knows: a ScubaGear ProviderSettingsExport, a blindspotx snapshot, or Conditional Access objects as Graph sends them.',
    );
  }
  replaceAll(state, collection, objects);
  return { [collection]: objects.length };
}

function looksLikePolicy(object: JsonObject): boolean {
  return isJsonObject(object['conditions']) && typeof object['state'] === 'string';
}

function told(format: ImportResult['format'], loaded: Record<string, number>): JsonObject {
  return { format, loaded };
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
