import { type JsonObject, textOf } from '../store/json.types.js';
import { badRequest } from './graph-failure.js';
import type { GraphAnswer, GraphCall, GraphRoute } from './graph-route.js';

/** A route that takes one application permission. */
export function route(
  method: GraphRoute['method'],
  path: string,
  permission: string,
  handle: GraphRoute['handle'],
): GraphRoute {
  return { method, path, permissions: [permission], handle };
}

/** The `{id}` of the path. */
export function id(call: GraphCall): string {
  return param(call, 'id');
}

/** A named segment of the path. */
export function param(call: GraphCall, name: string): string {
  return call.params[name] ?? '';
}

/** The object that a `$ref` body names: `{"@odata.id": "…/directoryObjects/<id>"}`. */
export function referenced(call: GraphCall): string {
  const found = /([0-9a-f-]{36})['")]*$/i.exec(textOf(call.body, '@odata.id'))?.[1];
  if (!found) throw badRequest('The @odata.id of the reference is missing or malformed.');
  return found;
}

/** 201 with the new object. */
export function created(body: JsonObject): GraphAnswer {
  return { status: 201, body };
}

/** 204; what the act gave back is not shown. */
export function done(_result?: unknown): GraphAnswer {
  return { status: 204 };
}
