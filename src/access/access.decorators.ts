import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { CallerActor } from './actor.js';
import type { Permission } from './permissions.js';

/** What a route demands of its caller. A route without one doesn't start (app/route-policies.ts). */
export type RouteAccess =
  | { kind: 'public'; reason: string }
  | { kind: 'authenticated'; narrowed?: true }
  | { kind: 'permission'; permission: Permission; anyScope?: true };

export const ROUTE_ACCESS = Symbol('route-access');

/** Anybody may call it; the reason stands in docs/contract/endpoints.json for the reviewer. */
export const Public = (reason: string) => SetMetadata<symbol, RouteAccess>(ROUTE_ACCESS, { kind: 'public', reason });
/**
 * Anybody who is signed in may call it: for what concerns only the caller. A token that is narrowed to scopes may not, unless the
 * route says so: what it does has no permission that a scope could name.
 */
export const Authenticated = (options: { narrowed?: true } = {}) =>
  SetMetadata<symbol, RouteAccess>(ROUTE_ACCESS, { kind: 'authenticated', ...options });
/**
 * Demands a permission, everywhere. With `anyScope` it is enough to hold it on some scope: what the request concerns is known only
 * to the service, which must ask AccessDecisions or AccessAuthority for that scope.
 */
export const RequirePermission = (permission: Permission, options: { anyScope?: true } = {}) =>
  SetMetadata<symbol, RouteAccess>(ROUTE_ACCESS, { kind: 'permission', permission, ...options });

/** What the guards leave on the Fastify request for those after them. */
export interface AuthenticatedRequest {
  actor?: CallerActor;
}

/** The caller, as the auth guard established it. */
export const CurrentActor = createParamDecorator((_data: unknown, context: ExecutionContext): CallerActor => {
  const { actor } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (actor === undefined) throw new Error('a public route asked for the current actor');
  return actor;
});
