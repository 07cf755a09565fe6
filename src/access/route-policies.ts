import { Injectable, type OnApplicationBootstrap, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { ROUTE_ACCESS, type RouteAccess } from './access.decorators.js';

export interface RouteEntry {
  controller: string;
  handler: string;
  method: string;
  /** Paths below the global prefix, as declared. */
  paths: string[];
  access: RouteAccess;
}

// biome-ignore lint/complexity/noBannedTypes: Nest's ExecutionContext.getHandler() is typed Function; it is the key here.
type Handler = Function;

/**
 * What each route demands, computed once at start so that a request costs one map look-up. A route that declares nothing
 * stops the start: default deny can't be forgotten.
 */
@Injectable()
export class RoutePolicies implements OnApplicationBootstrap {
  private readonly byHandler = new Map<Handler, RouteAccess>();
  private readonly entries: RouteEntry[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** @throws Error naming every route without an access decorator */
  onApplicationBootstrap(): void {
    const undeclared: string[] = [];
    for (const { instance, metatype } of this.discovery.getControllers()) {
      if (!instance || !metatype) continue;
      const prototype = Object.getPrototypeOf(instance) as Record<string, Handler>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name];
        const method = handler && (Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined);
        if (handler === undefined || method === undefined) continue;
        const access = this.reflector.getAllAndOverride<RouteAccess | undefined>(ROUTE_ACCESS, [handler, metatype]);
        if (access === undefined) {
          undeclared.push(`${metatype.name}.${name}`);
          continue;
        }
        this.byHandler.set(handler, access);
        this.entries.push({
          controller: metatype.name,
          handler: name,
          method: RequestMethod[method],
          paths: joinPaths(Reflect.getMetadata(PATH_METADATA, metatype), Reflect.getMetadata(PATH_METADATA, handler)),
          access,
        });
      }
    }
    if (undeclared.length > 0) {
      throw new Error(
        `These routes declare no access: ${undeclared.join(', ')}. Add @RequirePermission, @Authenticated or @Public.`,
      );
    }
  }

  /** Undefined means deny. */
  of(handler: Handler): RouteAccess | undefined {
    return this.byHandler.get(handler);
  }

  list(): readonly RouteEntry[] {
    return this.entries;
  }
}

function joinPaths(controller: unknown, handler: unknown): string[] {
  const list = (value: unknown) => (Array.isArray(value) ? value : [value ?? '']).map(String);
  return list(controller).flatMap((base) =>
    list(handler).map(
      (path) =>
        `/${[base, path]
          .flatMap((part) => part.split('/'))
          .filter(Boolean)
          .join('/')}`,
    ),
  );
}
