import type { JsonObject } from '../store/json.types.js';
import type { CollectionName, SingletonName } from '../store/tenant-state.js';
import { type DeltaCollection, deltaPage } from './delta-query.js';
import { notFound } from './graph-failure.js';
import type { GraphCall, GraphRoute } from './graph-route.js';
import { type ListShape, listPage, oneObject } from './list-page.js';
import { type DirectoryCollection, directoryShape } from './resource-shapes.js';

/** The list, count, delta and single object of a kind of directory object. */
export function directoryRoutes(name: DirectoryCollection, permissions: string[], cost: number): GraphRoute[] {
  return [
    {
      method: 'GET',
      path: `/${name}`,
      permissions,
      cost,
      handle: (call) => listPage(call, call.state.collections[name], directoryShape(call.state, name)),
    },
    {
      method: 'GET',
      path: `/${name}/$count`,
      permissions,
      handle: (call) => ({ status: 200, body: String(call.state.collections[name].size) }),
    },
    deltaRoute(`/${name}/delta`, name, permissions),
    {
      method: 'GET',
      path: `/${name}/{id}`,
      permissions,
      handle: (call) => oneObject(call, findDirectoryObject(call, name), directoryShape(call.state, name)),
    },
  ];
}

function findDirectoryObject(call: GraphCall, name: DirectoryCollection): JsonObject {
  const key = call.params['id'] ?? '';
  const collection = call.state.collections[name];
  const byId = collection.get(key);
  if (byId) return byId;
  const byAppId = /^\(appId='(.+)'\)$/.exec(key)?.[1];
  const [found] = byAppId
    ? collection.where('appId', byAppId)
    : name === 'users' && key.includes('@')
      ? collection.where('userPrincipalName', key)
      : [];
  return found ?? missing(call);
}

/** A delta query of a collection. */
export function deltaRoute(path: string, collection: DeltaCollection, permissions: string[]): GraphRoute {
  return { method: 'GET', path, permissions, handle: (call) => deltaPage(call, collection) };
}

/** The list of a collection and one object of it. */
export function collectionRoutes(
  path: string,
  collection: CollectionName,
  type: string,
  permissions: string[],
  about: { cost?: number; throttle?: GraphRoute['throttle']; shape?: (call: GraphCall) => Partial<ListShape> } = {},
): GraphRoute[] {
  const shape = (call: GraphCall): ListShape => ({ type, ...about.shape?.(call) });
  const limits = { cost: about.cost ?? 1, ...(about.throttle ? { throttle: about.throttle } : {}) };
  return [
    {
      method: 'GET',
      path,
      permissions,
      ...limits,
      handle: (call) => listPage(call, call.state.collections[collection], shape(call)),
    },
    {
      method: 'GET',
      path: `${path}/{id}`,
      permissions,
      ...limits,
      handle: (call) =>
        oneObject(call, call.state.collections[collection].get(call.params['id'] ?? '') ?? missing(call), shape(call)),
    },
  ];
}

/** A policy that the tenant has once, with what else Graph shows in it. */
export function singletonRoutes(
  path: string,
  name: SingletonName,
  permissions: string[],
  further: (call: GraphCall) => JsonObject = () => ({}),
): GraphRoute[] {
  return [
    {
      method: 'GET',
      path,
      permissions,
      handle: (call) => oneObject(call, { ...call.state.singletons[name], ...further(call) }, { type: name }),
    },
  ];
}

/** A list below one object. */
export function children(
  path: string,
  permissions: string[],
  type: string,
  rows: (call: GraphCall, id: string) => JsonObject[],
  cost = 1,
): GraphRoute {
  return {
    method: 'GET',
    path,
    permissions,
    cost,
    handle: (call) => listPage(call, rows(call, call.params['id'] ?? ''), { type }),
  };
}

/** The children of an object that exists; 404 where it doesn't. */
export function owned<T>(call: GraphCall, collection: CollectionName, id: string, list: T[] | undefined): T[] {
  if (!call.state.collections[collection].has(id)) throw notFound(id);
  return list ?? [];
}

/** Throws the 404 of the last segment of the path. */
export function missing(call: GraphCall): never {
  throw notFound(Object.values(call.params).at(-1) ?? call.path);
}
