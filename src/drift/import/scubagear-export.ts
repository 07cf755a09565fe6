import { stat } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, stringsAt, text } from '../normalise/json-members.js';
import { normaliseDate } from '../normalise/normalise-date.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { CollectedType, TenantSnapshot } from '../snapshot/snapshot.types.js';
import { failed } from './collected.js';
import { ExportError } from './export-error.js';
import type { ExportFormat } from './import.types.js';
import { readJsonFile } from './read-json-file.js';
import { namesProduct, readProducts } from './scubagear-products.js';
import { readSection, SCUBAGEAR_SECTIONS, type SectionContext } from './scubagear-sections.js';

const FILE_NAMES = ['ProviderSettingsExport.json', 'ScubaResults.json'];

/** ScubaGear's ProviderSettingsExport.json (CISA), or a folder that holds one. */
export const scubaGearExport: ExportFormat = {
  title: 'a ScubaGear ProviderSettingsExport.json',
  detect: async (path) => {
    const found = await stat(path).catch(() => null);
    if (found?.isFile()) return path.toLowerCase().endsWith('.json') ? path : null;
    for (const name of FILE_NAMES) {
      const file = joinPath(path, name);
      if ((await stat(file).catch(() => null))?.isFile()) return file;
    }
    return null;
  },
  read: async (path) => scubaGearSnapshot(path, await readJsonFile(path)),
};

function scubaGearSnapshot(file: string, json: Json): TenantSnapshot {
  // ScubaResults.json, its merged report, carries the same data one level down.
  const root = isObject(member(json, 'Raw')) ? (member(json, 'Raw') ?? null) : json;
  if (!isObject(root)) throw new ExportError(file, 'a JSON object is expected', 'at /');
  const sections = SCUBAGEAR_SECTIONS.filter(({ section }) => Object.hasOwn(root, section));
  if (sections.length === 0 && !namesProduct(root)) throw new ExportError(file, unknownWhy(root), 'at /');
  const context: SectionContext = { unsuccessful: commandsOf(root) };
  const types = new Map<ResourceType, CollectedType>();
  for (const section of sections) {
    for (const collection of readSection(section, root[section.section] ?? null, context)) {
      const earlier = types.get(collection.resourceType);
      types.set(collection.resourceType, earlier === undefined ? collection : merged(earlier, collection));
    }
  }
  if (sections.length === 0)
    for (const type of SCUBAGEAR_SECTIONS.flatMap((section) => section.types))
      types.set(type, failed(type, 'the export holds nothing about Entra'));
  const typed = new Set(SCUBAGEAR_SECTIONS.map(({ section }) => section));
  for (const collection of readProducts(root, typed)) types.set(collection.resourceType, collection);
  return {
    source: 'scubagear',
    tenantId: tenantOf(root),
    takenAt: takenAt(root),
    ...servicePlansOf(root),
    ...allowedExclusionsOf(root),
    types,
  };
}

/** Two sections about one type: the later one says more of an object that is in both; what either lacks isn't compared. */
function merged(earlier: CollectedType, later: CollectedType): CollectedType {
  const keys = new Set(later.objects.map((object) => object.key));
  const objects = [...earlier.objects.filter((object) => !keys.has(object.key)), ...later.objects];
  const notCarried = [...new Set([...(earlier.notCarried ?? []), ...(later.notCarried ?? [])])];
  // What could not be read in either is not known of both.
  const { status, reason } = earlier.status === 'complete' ? later : earlier;
  return { ...later, status, reason, objects, notCarried };
}

function unknownWhy(root: JsonObject): string {
  return Object.hasOwn(root, 'module_version')
    ? 'this ScubaGear export holds no product that was assessed'
    : 'this is not an export that can be compared: a ScubaGear ProviderSettingsExport.json is expected';
}

function commandsOf(root: JsonObject): string[] {
  return stringsAt(root, '/aad_unsuccessful_commands');
}

function tenantOf(root: JsonObject): string | null {
  const details = member(root, 'tenant_details');
  const first = Array.isArray(details) ? details[0] : details;
  return text(first, 'TenantId') ?? text(root, 'tenant_id');
}

function takenAt(root: JsonObject): string | null {
  const stamp = text(root, 'timestamp_zulu');
  return stamp === null ? null : normaliseDate(stamp);
}

function servicePlansOf(root: JsonObject): Pick<TenantSnapshot, 'servicePlans'> {
  const plans = member(root, 'service_plans');
  if (plans === undefined || plans === null) return {};
  const list = Array.isArray(plans) ? plans : [plans];
  return { servicePlans: new Set(list.flatMap((plan) => text(plan, 'ServicePlanName') ?? [])) };
}

/** What the exporter was configured to let pass: `Aad: { "MS.AAD.3.2v1": { CapExclusions: { Users: [...] } } }`. */
function allowedExclusionsOf(root: JsonObject): Pick<TenantSnapshot, 'allowedExclusions'> {
  const configured = member(member(root, 'scuba_config'), 'Aad');
  if (!isObject(configured)) return {};
  const allowed = new Map(
    Object.entries(configured).map(([id, exclusions]): [string, ReadonlySet<string>] => [
      id.replace(/v\d+$/, ''),
      new Set(
        ['CapExclusions', 'RoleExclusions'].flatMap((kind) =>
          ['Users', 'Groups', 'Applications', 'GuestUserTypes'].flatMap((list) =>
            stringsAt(exclusions, `/${kind}/${list}`),
          ),
        ),
      ),
    ]),
  );
  return { allowedExclusions: allowed };
}
