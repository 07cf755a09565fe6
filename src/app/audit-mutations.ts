import { type DynamicModule, RequestMethod, type Type, UseInterceptors } from '@nestjs/common';
import { INTERCEPTORS_METADATA, METHOD_METADATA, MODULE_METADATA } from '@nestjs/common/constants.js';
import { ROUTE_ACCESS, type RouteAccess } from '../access/access.decorators.js';
import { READS_ONLY } from '../access/reads-only.decorator.js';
import { AuditInterceptor } from '../audit/audit.interceptor.js';

const READS = new Set<RequestMethod>([RequestMethod.GET, RequestMethod.HEAD, RequestMethod.OPTIONS]);

/**
 * Binds the audit interceptor to every mutating route of these modules that wants a caller, before Nest reads their metadata. Bound globally it would
 * stand in the way of reads too, where it has nothing to do: an rxjs chain costs a read a third of its time. Public routes have no caller to put on record; what
 * they change records itself. A POST that only reads says so.
 */
export function auditMutations(modules: readonly (Type | DynamicModule)[]): void {
  for (const controller of modules.flatMap(controllersOf)) {
    const { prototype } = controller;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
      const handler: unknown = descriptor?.value;
      if (descriptor === undefined || typeof handler !== 'function') continue;
      const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
      if (method === undefined || READS.has(method) || Reflect.getMetadata(READS_ONLY, handler) === true) continue;
      if (isPublic(handler, controller) || isAudited(handler)) continue;
      UseInterceptors(AuditInterceptor)(prototype, name, descriptor);
    }
  }
}

function isPublic(handler: object, controller: Type): boolean {
  const access = (Reflect.getMetadata(ROUTE_ACCESS, handler) ?? Reflect.getMetadata(ROUTE_ACCESS, controller)) as
    | RouteAccess
    | undefined;
  return access?.kind === 'public';
}

/** Whether the interceptor is bound to this route. */
export function isAudited(handler: object): boolean {
  const bound = (Reflect.getMetadata(INTERCEPTORS_METADATA, handler) ?? []) as unknown[];
  return bound.includes(AuditInterceptor);
}

function controllersOf(module: Type | DynamicModule): Type[] {
  const type = 'module' in module ? module.module : module;
  const declared = (Reflect.getMetadata(MODULE_METADATA.CONTROLLERS, type) ?? []) as Type[];
  return 'module' in module ? [...declared, ...(module.controllers ?? [])] : declared;
}
