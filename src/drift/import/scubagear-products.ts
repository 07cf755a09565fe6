import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, stringsAt } from '../normalise/json-members.js';
import { EXPORTED_TYPES, type ExportedType } from '../resource-types/resource-type.types.js';
import type { CollectedType } from '../snapshot/snapshot.types.js';
import { collected, failed } from './collected.js';
import { readSettings, type SettingSection } from './exported-settings.js';

/** What the exporter calls its products in the names of its lists of commands; of Entra the sections have types of their own. */
const PRODUCTS: ReadonlyMap<string, ExportedType> = new Map([
  ['exo', 'exchangeSetting'],
  ['defender', 'defenderSetting'],
  ['securitysuite', 'defenderSetting'],
  ['sharepoint', 'sharePointSetting'],
  ['onedrive', 'sharePointSetting'],
  ['teams', 'teamsSetting'],
  ['powerplatform', 'powerPlatformSetting'],
]);

const TITLES: Readonly<Record<Exclude<ExportedType, 'otherSetting'>, string>> = {
  exchangeSetting: 'Exchange Online',
  defenderSetting: 'Defender and Purview',
  sharePointSetting: 'SharePoint and OneDrive',
  teamsSetting: 'Teams',
  powerPlatformSetting: 'Power Platform',
};

/** About the export, the licence or the report and not about settings; `cap_table_data` tells policies a second time. */
const NO_SETTINGS =
  /^(baseline_version|module_version|date|timestamp_zulu|report_uuid|tenant_details|tenant_id|scuba_config|cap_table_data|service_plans|license_information|OneDrive_PnP_Flag|total_\w+)$/;

const COMMANDS = /^(\w+?)_(un)?successful_commands$/;

/**
 * Every section that has no type of its own, by its product: the exporter writes a product's sections and then the lists of
 * commands that it ran for them. A product that isn't there was not assessed, whatever the other export says.
 *
 * @param typed sections that are read elsewhere
 */
export function readProducts(root: JsonObject, typed: ReadonlySet<string>): CollectedType[] {
  const sections = new Map<ExportedType, SettingSection[]>(EXPORTED_TYPES.map((type) => [type, []]));
  let waiting: string[] = [];
  const assign = (product: string | null) => {
    const commands = { failed: commandsOf(root, product, 'un'), ran: commandsOf(root, product, '') };
    const type = PRODUCTS.get(product?.toLowerCase() ?? '') ?? 'otherSetting';
    for (const name of waiting) sections.get(type)?.push({ name, content: root[name] ?? null, ...commands });
    waiting = [];
  };
  for (const name of Object.keys(root)) {
    const [, product] = COMMANDS.exec(name) ?? [];
    if (product !== undefined) assign(product);
    else if (!typed.has(name) && !NO_SETTINGS.test(name)) waiting.push(name);
  }
  assign(null);
  return EXPORTED_TYPES.flatMap((type) => ofType(type, sections.get(type) ?? []));
}

/** Null where the export has no such list: then nothing is known of what ran. */
function commandsOf(root: JsonObject, product: string | null, which: '' | 'un'): string[] | null {
  const list = member(root, `${product}_${which}successful_commands`);
  return list === undefined ? null : stringsAt({ list }, '/list');
}

function ofType(type: ExportedType, sections: SettingSection[]): CollectedType[] {
  if (sections.length === 0)
    return type === 'otherSetting' ? [] : [failed(type, `the export holds nothing about ${TITLES[type]}`)];
  const read = sections.map((section) => readSettings(section));
  const raws: JsonObject[] = [];
  const known = new Map<string, string[]>();
  const notAssessed: string[] = [];
  const notCarried: string[] = [];
  const values: string[] = [];
  for (const { section, objects, fault, carries, cutOff } of read) {
    if (fault !== null) {
      notAssessed.push(fault);
      continue;
    }
    values.push(section);
    raws.push(...objects);
    if (carries !== null) known.set(section, carries);
    notCarried.push(...cutOff);
  }
  const scope = { member: 'section', values };
  const told = notAssessed.length === 0 ? {} : { notAssessed };
  const cut = notCarried.length === 0 ? {} : { notCarried };
  const collection = collected(type, raws, { scope, carriesBy: { member: 'section', known }, ...told, ...cut });
  return [collection];
}

/** Whether anything in the export is about a product. */
export function namesProduct(root: Json): boolean {
  return isObject(root) && Object.keys(root).some((name) => COMMANDS.test(name));
}
