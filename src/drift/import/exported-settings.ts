import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, setMember, text } from '../normalise/json-members.js';
import { normaliseDate } from '../normalise/normalise-date.js';
import { knownMembers, toGraphNames } from './graph-names.js';

/** One section of an export of which nothing is known but its name. */
export interface SettingSection {
  name: string;
  content: Json;
  /** Commands of its product that the exporter says went wrong, and those that didn't; null where it doesn't say. */
  failed: string[] | null;
  ran: string[] | null;
}

/** A section as raw objects of a product's type; or why it can't be answered for, and then nothing of it counts. */
export interface ReadSection {
  section: string;
  objects: JsonObject[];
  fault: string | null;
  /** Members that this version of the exporter knows; null where a missing member says something. */
  carries: string[] | null;
  /** Where a class name stands in place of the content and `carries` can't say so. */
  cutOff: string[];
}

/** What identifies an object, the first that it has. Names in the exporter's products, their first letter lowered. */
const KEYS = [
  'guid',
  'immutableId',
  'environmentName',
  'identity',
  'id',
  'objectId',
  'url',
  'domainName',
  'domain',
  'name',
];
/** What names an object inside of another. */
const OWN_NAMES = ['id', 'name', 'classification'];
const NAMES = ['displayName', 'name', 'identity', 'title', 'domain', 'url'];
const MODIFIED = ['whenChangedUTC', 'whenChanged', 'lastModifiedTime'];

/** Who, when and where it is stored, what it is used, and what the service counts or answers with: no configuration, at any depth. */
const VOLATILE = new RegExp(
  `^(${[
    '\\w*(changed|created|modified|creation|modification)(time|date)?utc|when(changed|created)|keycreationtime|lastchecked',
    '(object|exchange|rule)version',
    'object(state|category|class)|originatingserver|runspaceid|ps(show)?computername',
    'distinguishedname|organizationid|organizationalunitroot|exchangeobjectid|isvalid',
    '(created|lastmodified|modified)(by|time|on|date)?|\\w*timestamps?|lastcontentmodifieddate|companytags',
    'etag|errormetadata|log|configmetadata|datasource|serviceinstance|serviceinfo|internal(cds)?',
    '(assigned|provisioned)plan',
    '\\w*(quota|usage)(\\w*)|\\w*statistics|size|regexsize|maximumblobrulelength',
    '(webs|matcheditems|totalitems|servicenumber|subscribernumber)count|(expected|completed|failed)locations',
    'policyrulesmetadata|distribution(status|results)',
  ].join('|')})$`,
  'i',
);
/** Beside those, what names an object that is keyed by it, and the exporter's own key of a Teams object. */
const AT_ROOT: ReadonlySet<string> = new Set(['guid', 'immutableId', 'identity', 'id', 'objectId', 'key']);

export function readSettings({ name, content, failed, ran }: SettingSection): ReadSection {
  const nothing: ReadSection = { section: name, objects: [], fault: null, carries: null, cutOff: [] };
  const faulty = (why: string): ReadSection => ({ ...nothing, fault: `${name}: ${why}` });
  const wrong = failed?.find((command) => isFor(command, name));
  if (wrong !== undefined) return faulty(`ScubaGear says that ${wrong} failed`);
  if (typeof content === 'boolean' || typeof content === 'number')
    return { ...nothing, objects: [{ section: name, settingKey: name, settingName: name, value: content }] };
  const entries = unwrapped(content);
  if (entries.length === 0) {
    const unknown = ran === null || failed === null;
    if (unknown) return faulty('it is empty, and the export does not say whether it was read');
    if (failed.length > 0 && !ran.some((command) => isFor(command, name)))
      return faulty(`it is empty, and ScubaGear says that ${failed.join(', ')} failed`);
    return nothing;
  }
  if (!entries.every(isObject)) return faulty('it holds something else than objects');
  if (entries.some(isUnansweredQuery)) return faulty('a name server did not answer');
  const objects: JsonObject[] = [];
  const cut = new Set<string>();
  for (const entry of entries) {
    const { value, cutOff } = toGraphNames(entry);
    for (const path of cutOff) cut.add(path);
    const key = isObject(value) ? keyOf(value) : null;
    if (!isObject(value) || (key === null && entries.length > 1))
      return faulty('its objects have nothing to tell them apart by');
    objects.push(asSetting(name, key, value));
  }
  const known = knownMembers(entries);
  if (known === null) return { ...nothing, objects, cutOff: [...cut] };
  return { ...nothing, objects, carries: ['/section', ...known.filter((path) => !isCut(path, cut))] };
}

/** A list; the element that PowerShell made of a list of one; or the list inside an answer of a web service. Nulls are none. */
function unwrapped(content: Json): Json[] {
  const list = Array.isArray(content) ? content : [content];
  return list
    .filter((entry) => entry !== null)
    .flatMap((entry) => {
      const inner = member(entry, 'value');
      return isObject(entry) && Object.keys(entry).length === 1 && Array.isArray(inner) ? inner : [entry];
    });
}

/** `Get-TransportRule` for `transport_rule`, `Get-RemoteDomain` for `remote_domains`. */
function isFor(command: string, section: string): boolean {
  const stem = section.replaceAll('_', '').replace(/(ies|s)$/i, '');
  return command
    .replaceAll(/[^a-z]/gi, '')
    .toLowerCase()
    .includes(stem.toLowerCase());
}

/** A record of a domain's DNS that came to nothing, and the log doesn't say that there is nothing. */
function isUnansweredQuery(entry: JsonObject): boolean {
  const [records, log] = [member(entry, 'rdata'), member(entry, 'log')];
  if (!Array.isArray(log) || (Array.isArray(records) && records.length > 0)) return false;
  return (
    log.length > 0 && !log.some((line) => /^Query returned (NXDomain|\d+ txt)/i.test(text(line, 'query_result') ?? ''))
  );
}

function keyOf(object: JsonObject): string | null {
  const name = KEYS.find((candidate) => text(object, candidate) !== null);
  return name === undefined ? null : text(object, name);
}

function asSetting(section: string, key: string | null, object: JsonObject): JsonObject {
  const name = NAMES.map((candidate) => text(object, candidate)).find((found) => found !== null);
  const modified = MODIFIED.map((candidate) => text(object, candidate)).find((found) => found !== null);
  const setting: JsonObject = {};
  for (const [one, content] of Object.entries(settled(object)))
    if (!AT_ROOT.has(one)) setMember(setting, one, one === 'name' ? withoutLostEnd(content) : (content ?? null));
  return {
    ...setting,
    section,
    settingKey: key === null ? section : `${section}/${key}`,
    settingName: name === undefined ? section : `${section}: ${name}`,
    modifiedAt: modified ?? null,
  };
}

/** Microsoft ends some names with a space of no width, which exporters write as it is, as its bytes, or as a question mark. */
function withoutLostEnd(name: Json | undefined): Json {
  return typeof name === 'string' ? name.replace(/(\u200b|\u00e2\u20ac\u2039|\?)+$/, '') : (name ?? null);
}

/** Without what is volatile; lists of objects that name themselves become objects by that name. */
function settled(object: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const [name, content] of Object.entries(object)) if (!VOLATILE.test(name)) setMember(kept, name, keyed(content));
  return kept;
}

/** An object that names itself is a list of one that an exporter turned into its element, or as good as one. */
function keyed(value: Json): Json {
  // Editions of PowerShell write an instant in two ways.
  if (typeof value === 'string') return /^\/?Date\(-?\d+\)\/?$/.test(value) ? normaliseDate(value) : value;
  if (!isObject(value) && !Array.isArray(value)) return value;
  const list = (Array.isArray(value) ? value : [value])
    .filter((element) => element !== null)
    .map((element) => (isObject(element) ? settled(element) : keyed(element)));
  const by = OWN_NAMES.find((name) => {
    const names = list.map((element) => text(element, name));
    return !names.includes(null) && new Set(names).size === names.length;
  });
  if (by === undefined || list.length === 0) return Array.isArray(value) ? list : (list[0] ?? null);
  const named: JsonObject = {};
  for (const element of list) setMember(named, text(element, by) ?? '', element);
  return named;
}

function isCut(path: string, cut: ReadonlySet<string>): boolean {
  return [...cut].some((pattern) => {
    const place = pattern.replace(/\/\*.*$/, '');
    return path === place || path.startsWith(`${place}/`);
  });
}
