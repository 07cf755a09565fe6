import { Global, Inject, Injectable, Module } from '@nestjs/common';
import type { JsonObject } from '../crypto/canonical-json.js';
import { OwnSource } from '../drift/collect/own-source.js';
import type { ResourceType } from '../drift/resource-types/resource-type.types.js';
import { WatchModule } from '../drift/watch/watch.module.js';
import { WatchSource } from '../drift/watch/watch-source.service.js';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { WatchedEndpoints } from '../notifications/watched-endpoints.service.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { AccessSource } from '../rbac/decisions/access-source.service.js';
import { RbacModule } from '../rbac/rbac.module.js';

/** Who may do what in this service, and how it watches a tenant, in the form in which drift watches things. */
@Injectable()
export class WatchedAccess extends OwnSource {
  constructor(
    private readonly access: AccessSource,
    private readonly watch: WatchSource,
    private readonly endpoints: WatchedEndpoints,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
  }

  async read(entraTenantId: string): Promise<ReadonlyMap<ResourceType, readonly JsonObject[]>> {
    const { roles, constraints, assignments } = await this.access.read(entraTenantId);
    const watch = await this.watch.read(entraTenantId);
    const read = new Map<ResourceType, readonly JsonObject[]>([
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
      ...watch.types,
    ]);
    try {
      read.set('watchEndpoint', await this.endpoints.read(watch.tenantId));
    } catch (error) {
      // Addresses are sealed: a key vault that is away makes this type unread and none of the others.
      this.logger.error({ err: error }, 'the receivers of webhooks could not be read');
    }
    return read;
  }
}

/** What of this service itself is watched for drift: drift/ knows the port, rbac/ and notifications/ the content, and none the other. */
@Global()
@Module({
  imports: [RbacModule, NotificationsModule, WatchModule],
  providers: [{ provide: OwnSource, useClass: WatchedAccess }],
  exports: [OwnSource],
})
export class OwnSourcesModule {}
