import { Module, type NestModule } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AuditModule } from '../audit/audit.module.js';
import { Settings } from '../config/settings.js';
import { EntraModule } from '../entra/entra.module.js';
import { EntraAuthorities } from '../entra/entra-authorities.js';
import { EntraBearer } from '../entra/entra-bearer.js';
import { AzureAdEntraBearer } from '../entra/entra-bearer.strategy.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SignInTenants } from '../tenants/sign-in-tenants.service.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { UsersModule } from '../users/users.module.js';
import { AuthGuard } from './auth.guard.js';
import { AuthRetention } from './auth-retention.js';
import { ClientAssertions } from './clients/client-assertions.service.js';
import { ClientAuthentication } from './clients/client-authentication.service.js';
import { AccountSignOuts } from './directory-pass/account-sign-outs.service.js';
import { DirectoryPassJob } from './directory-pass/directory-pass.job.js';
import { DirectoryPassRepository } from './directory-pass/directory-pass.repository.js';
import { DirectoryPass } from './directory-pass/directory-pass.service.js';
import { DpopProofs } from './dpop/dpop-proofs.service.js';
import { OAuthController } from './oauth/oauth.controller.js';
import { OAUTH_PROVIDERS } from './oauth/oauth.providers.js';
import { OAuthRoutes } from './oauth/oauth-routes.js';
import { ServerMetadataController } from './oauth/server-metadata.controller.js';
import { RefreshService } from './refresh/refresh.service.js';
import { RefreshRotation } from './refresh/refresh-rotation.service.js';
import { RefreshTokensRepository } from './refresh/refresh-tokens.repository.js';
import { TokensController } from './refresh/tokens.controller.js';
import { RefusedCredentials } from './refused-credentials.service.js';
import { EntraLogoutController } from './sessions/entra-logout.controller.js';
import { EntraLogout } from './sessions/entra-logout.service.js';
import { EntraSignOutPage } from './sessions/entra-sign-out-page.service.js';
import { LogoutController } from './sessions/logout.controller.js';
import { LogoutTokens } from './sessions/logout-tokens.service.js';
import { SessionDevices } from './sessions/session-devices.service.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionsRepository } from './sessions/sessions.repository.js';
import { SessionsService } from './sessions/sessions.service.js';
import { SignOutService } from './sessions/sign-out.service.js';
import { TokenRevocations } from './sessions/token-revocations.service.js';
import { UserSessionsController } from './sessions/user-sessions.controller.js';
import { UserSessions } from './sessions/user-sessions.service.js';
import { BootstrapAdministrator } from './sign-in/bootstrap-administrator.service.js';
import { EntraSignIn } from './sign-in/entra-sign-in.service.js';
import { SessionStart } from './sign-in/session-start.service.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { SignInAttemptsRepository } from './sign-in/sign-in-attempts.repository.js';
import { AccessTokens } from './tokens/access-tokens.service.js';
import { BearerAuthentication } from './tokens/bearer-authentication.service.js';
import { ScimTokensRepository } from './tokens/scim-tokens.repository.js';
import { ScimTokens } from './tokens/scim-tokens.service.js';
import { StandingsRepository } from './tokens/standings.repository.js';
import { Standings } from './tokens/standings.service.js';
import { UsedProofs } from './used-proofs.repository.js';

/** Who it is: sign-in through Entra ID, sessions, refresh families, access tokens, and the guard that reads them. */
@Module({
  // Keys are given to each signature: they rotate, and a key object costs a hundredth of a PEM text.
  imports: [
    JwtModule.register({}),
    JobsModule,
    AuditModule,
    OutboxModule,
    EntraModule,
    TenantsModule,
    UsersModule,
    RbacModule,
  ],
  controllers: [
    SignInController,
    TokensController,
    LogoutController,
    EntraLogoutController,
    SessionsController,
    UserSessionsController,
    OAuthController,
    ServerMetadataController,
  ],
  providers: [
    SessionDevices,
    SessionsRepository,
    RefreshTokensRepository,
    SignInAttemptsRepository,
    AccessTokens,
    SessionsService,
    RefreshRotation,
    RefreshService,
    EntraSignIn,
    BootstrapAdministrator,
    SessionStart,
    SignInService,
    RefusedCredentials,
    UserSessions,
    SignOutService,
    EntraSignOutPage,
    TokenRevocations,
    LogoutTokens,
    EntraLogout,
    DirectoryPassRepository,
    AccountSignOuts,
    DirectoryPass,
    DirectoryPassJob,
    StandingsRepository,
    Standings,
    {
      provide: EntraBearer,
      useFactory: (settings: Settings, authorities: EntraAuthorities, tenants: SignInTenants) =>
        new AzureAdEntraBearer(settings, authorities, (entraTenantId) => tenants.isAllowed(entraTenantId)),
      inject: [Settings, EntraAuthorities, SignInTenants],
    },
    UsedProofs,
    ClientAssertions,
    ClientAuthentication,
    DpopProofs,
    ScimTokensRepository,
    ScimTokens,
    BearerAuthentication,
    ...OAUTH_PROVIDERS,
    AuthRetention,
    AuthGuard,
  ],
  exports: [AuthGuard],
})
export class AuthModule implements NestModule {
  constructor(private readonly oauthRoutes: OAuthRoutes) {}

  configure(): void {
    this.oauthRoutes.prepare();
  }
}
