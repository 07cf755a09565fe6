import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { SignInTenants } from './sign-in-tenants.service.js';
import { TenantRules } from './tenant-rules.service.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsRepository } from './tenants.repository.js';
import { TenantsService } from './tenants.service.js';

/** The Entra tenants that are watched: identity, schedule, who of them may sign in. */
@Module({
  imports: [AuditModule],
  controllers: [TenantsController],
  providers: [SignInTenants, TenantRules, TenantsRepository, TenantsService],
  exports: [SignInTenants, TenantRules, TenantsService],
})
export class TenantsModule {}
