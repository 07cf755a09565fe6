import type { Actor } from '../audit/actor.js';
import type { JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import type { ThrottleClass } from './throttle.js';

/** One path of Microsoft Graph that the tenant answers. */
export interface GraphRoute {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Relative to `/v1.0`; `{name}` stands for one segment. */
  path: string;
  /** Application permissions of which one is enough; none: a person's token is needed. */
  permissions: string[];
  /** Resource units of one call (Graph's throttling limits). */
  cost?: number;
  throttle?: ThrottleClass;
  handle: (call: GraphCall) => GraphAnswer;
}

export interface GraphCall {
  state: TenantState;
  actor: Actor;
  /** Segments of the path by the names in the route. */
  params: Record<string, string>;
  query: URLSearchParams;
  headers: Record<string, string | string[] | undefined>;
  body: JsonObject;
  /** `https://…/v1.0`: what links in answers begin with. */
  baseUrl: string;
  path: string;
}

export interface GraphAnswer {
  status: number;
  body?: JsonObject | string;
}

export interface MatchedRoute {
  route: GraphRoute;
  params: Record<string, string>;
}

/** Finds the route of a request; fixed segments win over `{…}`. */
export class RouteTable {
  private readonly entries: { route: GraphRoute; pattern: RegExp; holes: number }[];

  constructor(routes: GraphRoute[]) {
    this.entries = routes
      .map((route) => ({
        route,
        holes: route.path.split('{').length - 1,
        pattern: new RegExp(`^${route.path.replaceAll('$', '\\$').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`, 'i'),
      }))
      .sort((a, b) => a.holes - b.holes);
  }

  find(method: string, path: string): MatchedRoute | 'no such path' | 'no such method' {
    const onPath = this.entries.filter((entry) => entry.pattern.test(path));
    const entry = onPath.find((one) => one.route.method === method);
    if (!entry) return onPath.length > 0 ? 'no such method' : 'no such path';
    return { route: entry.route, params: { ...entry.pattern.exec(path)?.groups } };
  }
}
