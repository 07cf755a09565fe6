/** A JSON value as it goes over the wire. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [member: string]: Json;
}

/** An object as Graph keeps it: everything has an id. */
export type GraphObject = JsonObject & { id: string };

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member as text; '' where it is missing or something else. */
export function textOf(object: JsonObject, member: string): string {
  const value = object[member];
  return typeof value === 'string' ? value : '';
}

/** A member as a list of objects; [] where it is missing or something else. */
export function objectsOf(object: JsonObject, member: string): JsonObject[] {
  const value = object[member];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** A member as a list of strings; [] where it is missing or something else. */
export function textsOf(object: JsonObject, member: string): string[] {
  const value = object[member];
  return Array.isArray(value) ? value.filter((element): element is string => typeof element === 'string') : [];
}
