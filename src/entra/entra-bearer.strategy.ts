import { PassportStrategy } from '@nestjs/passport';
import { BearerStrategy, type ITokenPayload, type VerifyCallback } from 'passport-azure-ad';
import { Settings } from '../config/settings.js';
import { parseCompactJws } from '../crypto/compact-jws.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { newId } from '../kernel/ids/ids.js';
import { entraError } from './entra.errors.js';
import { EntraAuthorities } from './entra-authorities.js';
import { entraRegistration } from './entra-credentials.js';
import { type EntraClaims, verifyEntraToken } from './verify-entra-token.js';

/** What the strategy asks the house. */
export interface EntraBearerHost {
  /** Whether people of this Entra tenant may come in. Asked before anything is fetched for a tenant that a token names. */
  tenantAllowed(entraTenantId: string): Promise<boolean>;
  /** Who this is here; what it returns becomes the request's user. @throws DomainError when it is nobody */
  accept(claims: EntraClaims): Promise<unknown>;
}

/** Checks an Entra access token completely. @throws DomainError entra.token_invalid, entra.authority_unavailable */
type TokenCheck = (token: string) => Promise<EntraClaims>;

const NO_DIRECTORY = '00000000-0000-0000-0000-000000000000';

/**
 * The library's strategy with its fetching and its verification taken out: what stays is how it finds the token in a request
 * and how it tells Passport the outcome. Its own loader dies of an HTML answer, waits for ever, keeps keys for half an hour and
 * takes the algorithm from the metadata.
 */
class FencedBearerStrategy extends BearerStrategy {
  private readonly check: TokenCheck;
  private readonly verified: (token: ITokenPayload, done: VerifyCallback) => void;

  constructor(settings: Settings, check: TokenCheck, verified: (token: ITokenPayload, done: VerifyCallback) => void) {
    const root = settings.ENTRA_AUTHORITY.replace(/\/+$/, '');
    super(
      {
        // The constructor wants both; neither is used, because loadMetadata is ours.
        identityMetadata: `${root}/${settings.ENTRA_TENANT_ID ?? NO_DIRECTORY}/v2.0/.well-known/openid-configuration`,
        clientID: settings.ENTRA_CLIENT_ID ?? NO_DIRECTORY,
        loggingLevel: 'error',
        loggingNoPII: true,
      },
      verified,
    );
    // Passport's registry belongs to the process: two applications in one must not take each other's strategy.
    this.name = `entra-bearer:${newId()}`;
    this.check = check;
    this.verified = verified;
  }

  loadMetadata(_parameters: unknown, next: (error: null, metadata: unknown) => void): void {
    next(null, { oidc: { issuer: 'unused', algorithms: ['RS256'] } });
  }

  jwtVerify(_request: unknown, token: string, _metadata: unknown, _options: unknown, done: VerifyCallback): void {
    this.check(token).then(
      (claims) => this.verified(claims as unknown as ITokenPayload, done), // the library passes on whatever it is given
      (error: unknown) => this.refuse(error),
    );
  }

  private refuse(error: unknown): void {
    // Passport adds both to the strategy for each request; the library's types don't name them.
    const outcome = this as unknown as { fail(challenge: unknown): void; error(error: unknown): void };
    if (error instanceof DomainError && error.kind === 'unauthenticated') outcome.fail(error);
    else outcome.error(error);
  }
}

/** Entra access tokens for our audience as bearer. A refusal's challenge is a DomainError. */
export class EntraBearerStrategy extends PassportStrategy(FencedBearerStrategy) {
  declare name: string;
  private readonly host: EntraBearerHost;

  constructor(settings: Settings, authorities: EntraAuthorities, host: EntraBearerHost) {
    super(settings, (token: string) => checkAccessToken(token, settings, authorities, host));
    this.host = host;
  }

  validate(claims: EntraClaims): Promise<unknown> {
    return this.host.accept(claims);
  }
}

async function checkAccessToken(
  token: string,
  settings: Settings,
  authorities: EntraAuthorities,
  host: EntraBearerHost,
): Promise<EntraClaims> {
  const entraTenantId = parseCompactJws(token)?.payload['tid'];
  if (typeof entraTenantId !== 'string') throw refused('it is not a token of Entra ID');
  if (settings.ENTRA_CLIENT_ID === undefined || !(await host.tenantAllowed(entraTenantId))) {
    throw refused('its tenant may not sign in here');
  }
  const { clientId } = entraRegistration(settings);
  const claims = await verifyEntraToken(token, authorities.of(entraTenantId), {
    entraTenantId,
    audiences: [clientId, `api://${clientId}`],
    nonce: null,
  });
  // An id token has the same issuer and audience. What makes an access token is who asked for it and for which scopes.
  const { azp, scp, roles } = claims.all;
  const isFor = (typeof scp === 'string' && scp !== '') || (Array.isArray(roles) && roles.length > 0);
  if (typeof azp !== 'string' || !isFor) throw refused('it is not an access token: azp, or scp and roles, are missing');
  return claims;
}

function refused(reason: string) {
  return entraError('entra.token_invalid', { detail: `The token is refused: ${reason}.` });
}
