import { PassportStrategy } from '@nestjs/passport';
import { BearerStrategy, type ITokenPayload, type VerifyCallback } from 'passport-azure-ad';
import { Settings } from '../config/settings.js';
import { parseCompactJws } from '../crypto/compact-jws.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { newId } from '../kernel/ids/ids.js';
import { entraError } from './entra.errors.js';
import { EntraAuthorities } from './entra-authorities.js';
import { EntraBearer } from './entra-bearer.js';
import { entraRegistration } from './entra-credentials.js';
import { type EntraClaims, verifyEntraToken } from './verify-entra-token.js';

/** Whether people of this Entra tenant may come in. Asked before anything is fetched for a tenant that a token names. */
export type TenantAllowed = (entraTenantId: string) => boolean | Promise<boolean>;

/** Checks an Entra access token completely. @throws DomainError entra.token_invalid, entra.authority_unavailable */
type TokenCheck = (token: string) => Promise<EntraClaims>;

/** What Passport puts on the copy of a strategy that it makes for each request. */
interface Outcome {
  success(claims: EntraClaims): void;
  fail(challenge: unknown): void;
  error(error: unknown): void;
}

const NO_DIRECTORY = '00000000-0000-0000-0000-000000000000';

/**
 * The library's strategy with its fetching and its verification taken out: what stays is how it finds the token in a request
 * and how it tells the outcome. Its own loader dies of an HTML answer, waits for ever, keeps keys for half an hour and takes
 * the algorithm from the metadata.
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
      (error: unknown) => (this as unknown as Outcome).error(error),
    );
  }
}

/** The strategy as Nest knows strategies: what `validate` returns is who it is. */
class EntraBearerStrategy extends PassportStrategy(FencedBearerStrategy) {
  declare name: string;

  validate(claims: EntraClaims): EntraClaims {
    return claims;
  }
}

/** Entra access tokens by passport-azure-ad, the only file that knows it. */
export class AzureAdEntraBearer extends EntraBearer {
  private readonly strategy: EntraBearerStrategy;

  constructor(settings: Settings, authorities: EntraAuthorities, tenantAllowed: TenantAllowed) {
    super();
    this.strategy = new EntraBearerStrategy(settings, (token: string) =>
      checkAccessToken(token, settings, authorities, tenantAllowed),
    );
  }

  /** Runs the strategy as Passport does: on a copy of its own, so that two requests can't take each other's outcome. */
  verify(token: string): Promise<EntraClaims> {
    return new Promise((resolve, reject) => {
      const attempt = Object.create(this.strategy) as EntraBearerStrategy & Outcome;
      attempt.success = resolve;
      attempt.error = reject;
      attempt.fail = (challenge) =>
        reject(challenge instanceof DomainError ? challenge : refused('it is not a bearer token'));
      attempt.authenticate({ headers: { authorization: `Bearer ${token}` } } as never, {});
    });
  }
}

async function checkAccessToken(
  token: string,
  settings: Settings,
  authorities: EntraAuthorities,
  tenantAllowed: TenantAllowed,
): Promise<EntraClaims> {
  const jws = parseCompactJws(token);
  const entraTenantId = jws?.payload['tid'];
  if (jws === null || typeof entraTenantId !== 'string') throw refused('it is not a token of Entra ID');
  const allowed = tenantAllowed(entraTenantId);
  if (settings.ENTRA_CLIENT_ID === undefined || !(typeof allowed === 'boolean' ? allowed : await allowed)) {
    throw refused('its tenant may not sign in here');
  }
  const { clientId } = entraRegistration(settings);
  const claims = await verifyEntraToken(jws, authorities.of(entraTenantId), {
    entraTenantId,
    audiences: [clientId, `api://${clientId}`],
    nonce: null,
  });
  // An id token has the same issuer and audience. What makes an access token of a person is who asked for it and that the person
  // (or an administrator) let it call us; a token of an application for itself names no person and is nobody here.
  const { azp, scp } = claims.all;
  const granted = typeof scp === 'string' ? scp.split(' ') : [];
  if (typeof azp !== 'string' || !granted.includes(settings.ENTRA_API_SCOPE)) {
    throw refused(`it is not an access token of a person with the scope ${settings.ENTRA_API_SCOPE}`);
  }
  return claims;
}

function refused(reason: string) {
  return entraError('entra.token_invalid', { detail: `The token is refused: ${reason}.` });
}
