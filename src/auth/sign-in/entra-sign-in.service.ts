import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { randomToken } from '../../crypto/digest.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { EntraLogin } from '../../entra/entra-login.js';
import type { EntraClaims } from '../../entra/verify-entra-token.js';
import { newId } from '../../kernel/ids/ids.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import type { WatchedTenant } from '../../tenants/tenants.types.js';
import { authError } from '../auth.errors.js';
import { publicAddress } from '../public-address.js';
import type { CallbackAnswer } from './read-callback.js';
import { SignInAttemptsRepository, type TakenSignInAttempt } from './sign-in-attempts.repository.js';

/** By then the oldest of those that are under way may give way. */
const FULL_RETRY_AFTER_SECONDS = 10;

/** Over in ten minutes. */
const VERIFIER = defineSealedColumn({
  table: 'sign_in_attempts',
  column: 'code_verifier_sealed',
  row: 'id',
  tenant: null,
  rewrap: false,
});

export interface SignInWish {
  /** Checked by safeReturnTo. */
  returnTo: string;
  loginHint?: string;
  /** Entra's id of the tenant to sign in at; null: ENTRA_TENANT_ID. */
  entraTenantId: string | null;
  /** Thumbprint of the key that the session will be bound to; null: none. */
  dpopJkt: string | null;
  /** The sign-in cookie of this browser, when it has one: two tabs may both be signing in. */
  browser: string | null;
  /** The session that this browser has now and that the new one takes the place of. */
  replacesSessionId: string | null;
}

export interface BegunSignIn {
  /** Entra's page. */
  url: string;
  /** For the sign-in cookie. */
  browser: string;
}

export interface ProvenSignIn {
  claims: EntraClaims;
  tenant: WatchedTenant;
  dpopJkt: string | null;
  returnTo: string;
  replacesSessionId: string | null;
}

/** The way to Entra and back: state, nonce and PKCE verifier are made here, kept for ten minutes, and taken once. */
@Injectable()
export class EntraSignIn {
  private readonly redirectUri: string;

  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly attempts: SignInAttemptsRepository,
    private readonly tenants: TenantsService,
    private readonly keyRing: KeyRing,
    private readonly entra: EntraLogin,
  ) {
    this.redirectUri = publicAddress(settings).callbackUrl;
  }

  /** @throws DomainError auth.not_configured, auth.tenant_not_allowed, auth.too_many_sign_ins, entra.authority_unavailable */
  async begin(wish: SignInWish): Promise<BegunSignIn> {
    const tenant = await this.signInTenant(wish.entraTenantId);
    const [state, nonce, codeVerifier] = [randomToken(), randomToken(), randomToken()];
    const browser = wish.browser ?? randomToken();
    const url = await this.entra.authorizationUrl({
      entraTenantId: tenant.entraTenantId,
      redirectUri: this.redirectUri,
      state,
      nonce,
      codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      ...(wish.loginHint === undefined ? {} : { loginHint: wish.loginHint }),
    });
    const id = newId();
    const codeVerifierSealed = await this.keyRing.seal(
      Buffer.from(formatSecrets({ codeVerifier, dpopJkt: wish.dpopJkt })),
      VERIFIER.place(id),
    );
    const isBegun = await this.transactions.run(async (tx) => {
      await this.attempts.deleteExpired(tx);
      const { returnTo, replacesSessionId } = wish;
      const attempt = {
        id,
        tenantId: tenant.id,
        state,
        browser,
        nonce,
        codeVerifierSealed,
        returnTo,
        replacesSessionId,
      };
      if (await this.attempts.insert(tx, attempt)) return true;
      return (await this.attempts.makeRoom(tx)) && this.attempts.insert(tx, attempt);
    });
    if (!isBegun) throw authError('auth.too_many_sign_ins', { retryAfterSeconds: FULL_RETRY_AFTER_SECONDS });
    return { url, browser };
  }

  /**
   * What Entra's answer proves. The attempt is taken first, whatever the answer says: it is over either way.
   *
   * @throws DomainError auth.sign_in_expired, auth.sign_in_refused, auth.tenant_not_allowed, entra.*
   */
  async complete(answer: CallbackAnswer, browser: string | null): Promise<ProvenSignIn> {
    const attempt =
      browser === null ? null : await this.transactions.run((tx) => this.attempts.take(tx, answer.state, browser));
    if (attempt === null) throw authError('auth.sign_in_expired', { detail: 'Begin again at /api/v1/auth/login.' });
    if (answer.code === null) {
      throw authError('auth.sign_in_refused', { detail: `Entra ID answered ${answer.error ?? 'unknown_error'}.` });
    }
    const tenant = await this.tenants.get(attempt.tenantId);
    if (!tenant.signInAllowed) throw authError('auth.tenant_not_allowed');
    const { codeVerifier, dpopJkt } = await this.secretsOf(attempt);
    // At the tenant where it was begun and nowhere else, so that no tenant's answer is taken for another's (RFC 9700 4.4).
    const claims = await this.entra.redeem({
      entraTenantId: tenant.entraTenantId,
      redirectUri: this.redirectUri,
      code: answer.code,
      issuer: answer.issuer,
      codeVerifier,
      nonce: attempt.nonce,
    });
    return { claims, tenant, dpopJkt, returnTo: attempt.returnTo, replacesSessionId: attempt.replacesSessionId };
  }

  private async secretsOf({ id, codeVerifierSealed }: TakenSignInAttempt): Promise<AttemptSecrets> {
    return parseSecrets((await this.keyRing.open(codeVerifierSealed, VERIFIER.place(id))).toString('utf8'));
  }

  /** Only a tenant that is known here and whose people may sign in; which others there are is nobody's business. */
  private async signInTenant(wished: string | null): Promise<WatchedTenant> {
    const { ENTRA_TENANT_ID: ownTenantId, ENTRA_CLIENT_ID: clientId } = this.settings;
    const entraTenantId = wished ?? ownTenantId;
    if (entraTenantId === undefined || clientId === undefined) {
      throw authError('auth.not_configured', {
        detail:
          'Set ENTRA_TENANT_ID, ENTRA_CLIENT_ID and ENTRA_CLIENT_SECRET (or ENTRA_CLIENT_CERTIFICATE_FILE) and start again.',
      });
    }
    const tenant = await this.tenants.findByEntraTenantId(entraTenantId.toLowerCase());
    if (tenant === null || !tenant.signInAllowed) throw authError('auth.tenant_not_allowed');
    return tenant;
  }
}

/** What the way back needs and nobody else may see or change. */
interface AttemptSecrets {
  codeVerifier: string;
  dpopJkt: string | null;
}

/** Both are base64url; the thumbprint is left out when there is none. */
function formatSecrets({ codeVerifier, dpopJkt }: AttemptSecrets): string {
  return dpopJkt === null ? codeVerifier : `${codeVerifier}.${dpopJkt}`;
}

function parseSecrets(text: string): AttemptSecrets {
  const [codeVerifier = '', dpopJkt = null] = text.split('.');
  return { codeVerifier, dpopJkt };
}
