import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata, UseGuards } from '@nestjs/common';
import { RequirePermission } from '../../access/access.decorators.js';
import type { Permission } from '../../access/permissions.js';
import type { Subject, TenantsInReach } from './subject.types.js';
import { CONCERN, type Concern, type ReachingRequest, TenantAccessGuard } from './tenant-access.guard.js';

/**
 * Demands a permission on the tenant of everything that the request names. Whatever belongs to another tenant isn't there for the
 * caller. A route that names nothing, or names nothing in this request, is for lists: its handler takes `@InReach()`.
 */
export const DriftAccess = (permission: Permission, ...subjects: Subject[]) =>
  applyDecorators(
    RequirePermission(permission, { anyScope: true }),
    SetMetadata<symbol, Concern>(CONCERN, { permission, subjects }),
    UseGuards(TenantAccessGuard),
  );

/** The tenants on which the caller holds the permission of the route; null for all. */
export const InReach = createParamDecorator((_data: unknown, context: ExecutionContext): TenantsInReach => {
  const { tenantsInReach } = context.switchToHttp().getRequest<ReachingRequest>();
  if (tenantsInReach === undefined) throw new Error('a route asked for tenants that no guard has looked at');
  return tenantsInReach;
});
