import { isJsonObject, type Json, type JsonObject } from '../store/json.types.js';

const POWERSHELL_DATE = /^\/?Date\((-?\d+)\)\/?$/;
const IRREGULAR: Record<string, string> = { allowedToUseSspr: 'allowedToUseSSPR', uri: 'uri' };

/**
 * What a PowerShell exporter wrote, as Graph would have sent it: camelCase members, `AdditionalProperties` laid into their
 * object, dates as ISO 8601, and objects that consist of nulls only as null.
 */
export function fromPowerShell(value: Json): Json {
  if (Array.isArray(value)) return value.map(fromPowerShell);
  if (typeof value === 'string')
    return POWERSHELL_DATE.test(value) ? new Date(Number(POWERSHELL_DATE.exec(value)?.[1])).toISOString() : value;
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  for (const [member, content] of Object.entries(value)) {
    if (member === '__proto__') continue;
    if (member === 'AdditionalProperties') Object.assign(result, withoutContexts(fromPowerShell(content)));
    else result[camelCase(member)] = fromPowerShell(content);
  }
  const contents = Object.values(result);
  return contents.length > 0 && contents.every((content) => content === null) ? null : result;
}

/** One object or a list, as a list: PowerShell writes a list of one as its element. */
export function listOf(value: Json | undefined): JsonObject[] {
  const list = Array.isArray(value) ? value : [value ?? null];
  return list.map(fromPowerShell).filter(isJsonObject);
}

function withoutContexts(value: Json): JsonObject {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter(([member]) => !member.endsWith('@odata.context')));
}

function camelCase(member: string): string {
  const name = member.charAt(0).toLowerCase() + member.slice(1);
  return IRREGULAR[name] ?? name;
}
