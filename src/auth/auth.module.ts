import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AuditModule } from '../audit/audit.module.js';
import { Settings } from '../config/settings.js';
import { EntraModule } from '../entra/entra.module.js';
import { EntraAuthorities } from '../entra/entra-authorities.js';
import { EntraBearerStrategy } from '../entra/entra-bearer.strategy.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { AccessTokens } from './access-tokens.service.js';
import { Actors } from './actors.service.js';
import { AuthGuard } from './auth.guard.js';
import { EntraSignIn } from './entra-sign-in.service.js';
import { RefreshService } from './refresh.service.js';
import { RefreshRotation } from './refresh-rotation.service.js';
import { RefreshTokensRepository } from './refresh-tokens.repository.js';
import { SessionStart } from './session-start.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';
import { SignInController } from './sign-in.controller.js';
import { SignInService } from './sign-in.service.js';
import { SignInAttemptsRepository } from './sign-in-attempts.repository.js';
import { TokensController } from './tokens.controller.js';

/** Who it is: sign-in through Entra ID, sessions, refresh families, access tokens, and the guard that reads them. */
@Module({
  // Keys are given to each signature: they rotate, and a key object costs a hundredth of a PEM text.
  imports: [JwtModule.register({}), AuditModule, OutboxModule, EntraModule, TenantsModule, UsersModule, RbacModule],
  controllers: [SignInController, TokensController, SessionsController],
  providers: [
    SessionsRepository,
    RefreshTokensRepository,
    SignInAttemptsRepository,
    AccessTokens,
    SessionsService,
    RefreshRotation,
    RefreshService,
    EntraSignIn,
    SessionStart,
    SignInService,
    Actors,
    AccessTokenStrategy,
    {
      provide: EntraBearerStrategy,
      useFactory: (settings: Settings, authorities: EntraAuthorities, actors: Actors) =>
        new EntraBearerStrategy(settings, authorities, actors),
      inject: [Settings, EntraAuthorities, Actors],
    },
    AuthGuard,
  ],
  exports: [AuthGuard],
})
export class AuthModule {}
