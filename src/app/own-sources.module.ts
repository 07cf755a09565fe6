import { Global, Injectable, Module } from '@nestjs/common';
import type { JsonObject } from '../crypto/canonical-json.js';
import { OwnSource } from '../drift/collect/own-source.js';
import type { ResourceType } from '../drift/resource-types/resource-type.types.js';
import { AccessSource } from '../rbac/decisions/access-source.service.js';
import { RbacModule } from '../rbac/rbac.module.js';

/** Roles, constraints and assignments of this service in the form in which drift watches things. */
@Injectable()
export class WatchedAccess extends OwnSource {
  constructor(private readonly access: AccessSource) {
    super();
  }

  async read(entraTenantId: string): Promise<ReadonlyMap<ResourceType, readonly JsonObject[]>> {
    const { roles, constraints, assignments } = await this.access.read(entraTenantId);
    return new Map<ResourceType, readonly JsonObject[]>([
      [
        'accessRole',
        roles.map((role) => ({
          id: role.id,
          displayName: role.name,
          description: role.description,
          isSystem: role.isSystem,
          permissions: [...role.permissions],
          inheritedPermissions: role.inheritedPermissions,
          parents: role.parentRoles.map(({ id, name }) => ({ id, displayName: name })),
          activation: { maxSeconds: role.activationMaxSeconds, needsApproval: role.activationNeedsApproval },
        })),
      ],
      [
        'accessConstraint',
        constraints.map(({ id, name, description, kind, atMost, roles: members, permissions }) => ({
          id,
          displayName: name,
          description,
          kind,
          atMost,
          roles: members.map((role) => ({ id: role.id, displayName: role.name })),
          permissions,
        })),
      ],
      [
        'accessAssignment',
        assignments.map(({ id: _, validUntil, ...assignment }) => ({
          ...assignment,
          endDateTime: validUntil?.toISOString() ?? null,
        })),
      ],
    ]);
  }
}

/** What of this service itself is watched for drift: drift/ knows the port, rbac/ the content, and neither the other. */
@Global()
@Module({
  imports: [RbacModule],
  providers: [{ provide: OwnSource, useClass: WatchedAccess }],
  exports: [OwnSource],
})
export class OwnSourcesModule {}
