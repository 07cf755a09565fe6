import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, join, setMember } from '../normalise/json-members.js';

/** Graph's spelling where lowering the first letter of PowerShell's isn't enough. */
const SPELLING: ReadonlyMap<string, string> = new Map([
  ['AllowedToUseSspr', 'allowedToUseSSPR'],
  ['AaGuids', 'aaGuids'],
  ['allowedAaguiDs', 'allowedAAGUIDs'],
  ['AllowedAaguiDs', 'allowedAAGUIDs'],
]);

/** What a PowerShell export of one value came to. */
export interface GraphNamed {
  value: Json;
  /** Patterns of the places where the exporter wrote the name of a class instead of its content. */
  cutOff: string[];
}

/**
 * An object as PowerShell's Graph module serialises it, back in Graph's form: PascalCase member names lowered,
 * `AdditionalProperties` merged into its parent, and values that ConvertTo-Json cut off at its depth limit removed and named.
 */
export function toGraphNames(value: Json): GraphNamed {
  const cutOff = new Set<string>();
  return { value: rename(value, '', cutOff, 0), cutOff: [...cutOff] };
}

/**
 * ConvertTo-Json writes what lies below its depth as the .NET type's name. Only names of types that it can meet there: `System.Evil.com` is
 * a domain that a tenant may well have. What it writes as `@{name=value; …}` is the content, and stays as it is.
 */
const CLASS_NAME =
  /^(?:Microsoft\.(?:Graph|Teams)\.[\w.]+\.Models\.\w+|System\.(?:Object|Object\[\]|String\[\]|Byte\[\]|Guid\[\]|Collections\.(?:ArrayList|Hashtable|Specialized\.OrderedDictionary|(?:Generic|ObjectModel)\.\w+`\d.*)|Management\.Automation\.PS(?:Custom)?Object))$/;

const MAX_DEPTH = 200;

function rename(value: Json, path: string, cutOff: Set<string>, depth: number): Json {
  if (typeof value === 'string') {
    if (!CLASS_NAME.test(value)) return withEscapes(value);
    cutOff.add(path);
    return null;
  }
  if (depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((element) => rename(element, join(path, '*'), cutOff, depth + 1));
  if (value === null || typeof value !== 'object') return value;
  const out: JsonObject = {};
  for (const name of Object.keys(value)) {
    const content = value[name] ?? null;
    if (name === 'AdditionalProperties') {
      const inner = rename(content, path, cutOff, depth + 1);
      if (isObject(inner)) for (const key of Object.keys(inner)) setMember(out, key, inner[key] ?? null);
      continue;
    }
    const renamed = graphName(name);
    setMember(out, renamed, rename(content, join(path, renamed), cutOff, depth + 1));
  }
  return out;
}

/** Windows PowerShell escapes these four; exporters that drop backslashes leave the rest of the escape in the text. */
function withEscapes(value: string): string {
  return value.replaceAll(/\\?u00(26|27|3c|3e)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/**
 * The members that an exporter knows, from objects of a PowerShell class: all are written, null where empty. Null when the
 * objects aren't of that kind, so that a missing member says something.
 */
export function knownMembers(raws: Json[]): string[] | null {
  const known = new Set<string>();
  if (raws.length === 0 || !raws.every((raw) => isObject(raw) && isOfClass(raw))) return null;
  for (const raw of raws) if (!collect(raw, '', known)) return null;
  return [...known].sort();
}

function isOfClass(raw: JsonObject): boolean {
  return Object.keys(raw).every((name) => /^[A-Z]/.test(name));
}

/** False where `AdditionalProperties` holds anything: then members come and go with their values. */
function collect(value: Json, path: string, known: Set<string>, depth = 0): boolean {
  if (!isObject(value) || depth > MAX_DEPTH) return true;
  return Object.keys(value).every((name) => {
    const content = value[name] ?? null;
    if (name === 'AdditionalProperties') return !isObject(content) || Object.keys(content).length === 0;
    const below = join(path, graphName(name));
    known.add(below);
    return collect(content, below, known, depth + 1);
  });
}

function graphName(name: string): string {
  return SPELLING.get(name) ?? name.charAt(0).toLowerCase() + name.slice(1);
}
