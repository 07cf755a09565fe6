import { Global, Module } from '@nestjs/common';
import { CallerReach } from '../access/caller-reach.js';
import { AccessDecisions } from '../rbac/decisions/access-decisions.service.js';
import { RbacModule } from '../rbac/rbac.module.js';

/** Where a caller may: audit/ and drift/ know the port, rbac/ the answer, and rbac/ stands on audit/. */
@Global()
@Module({
  imports: [RbacModule],
  providers: [{ provide: CallerReach, useExisting: AccessDecisions }],
  exports: [CallerReach],
})
export class CallerReachModule {}
