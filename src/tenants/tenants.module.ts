import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { SignInTenants } from './sign-in-tenants.service.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsRepository } from './tenants.repository.js';
import { TenantsService } from './tenants.service.js';

/** The Entra tenants that are watched: identity, schedule, who of them may sign in. */
@Module({
  imports: [AuditModule],
  controllers: [TenantsController],
  providers: [SignInTenants, TenantsRepository, TenantsService],
  exports: [SignInTenants, TenantsService],
})
export class TenantsModule {}
