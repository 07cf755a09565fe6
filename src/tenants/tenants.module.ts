import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EntraModule } from '../entra/entra.module.js';
import { ConnectionSeals } from './connection-seals.service.js';
import { SignInTenants } from './sign-in-tenants.service.js';
import { TenantConnectionsController } from './tenant-connections.controller.js';
import { TenantConnectionsRepository } from './tenant-connections.repository.js';
import { TenantConnections } from './tenant-connections.service.js';
import { TenantRules } from './tenant-rules.service.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsRepository } from './tenants.repository.js';
import { TenantsService } from './tenants.service.js';

/** The Entra tenants that are watched: identity, schedule, what each is read with, who of them may sign in. */
@Module({
  imports: [AuditModule, EntraModule],
  controllers: [TenantsController, TenantConnectionsController],
  providers: [
    SignInTenants,
    TenantRules,
    TenantsRepository,
    TenantsService,
    ConnectionSeals,
    TenantConnectionsRepository,
    TenantConnections,
  ],
  exports: [SignInTenants, TenantConnections, TenantRules, TenantsService],
})
export class TenantsModule {}
