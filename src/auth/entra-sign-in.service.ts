import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { randomToken } from '../crypto/digest.js';
import { KeyRing } from '../crypto/key-ring.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { EntraLogin } from '../entra/entra-login.js';
import type { EntraClaims } from '../entra/verify-entra-token.js';
import { newId } from '../kernel/ids/ids.js';
import { TenantsService } from '../tenants/tenants.service.js';
import type { WatchedTenant } from '../tenants/tenants.types.js';
import { authError } from './auth.errors.js';
import { publicAddress } from './public-address.js';
import type { CallbackAnswer } from './read-callback.js';
import { SignInAttemptsRepository, type TakenSignInAttempt } from './sign-in-attempts.repository.js';

export interface SignInWish {
  /** Checked by safeReturnTo. */
  returnTo: string;
  loginHint?: string;
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

  /** @throws DomainError auth.not_configured, auth.tenant_not_allowed, entra.authority_unavailable */
  async begin(wish: SignInWish): Promise<BegunSignIn> {
    const tenant = await this.ownTenant();
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
    const codeVerifierSealed = await this.keyRing.seal(Buffer.from(codeVerifier), verifierPlace(id));
    await this.transactions.run(async (tx) => {
      await this.attempts.deleteExpired(tx);
      await this.attempts.insert(tx, {
        id,
        tenantId: tenant.id,
        state,
        browser,
        nonce,
        codeVerifierSealed,
        returnTo: wish.returnTo,
        replacesSessionId: wish.replacesSessionId,
      });
    });
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
    const claims = await this.redeem(answer.code, attempt, tenant);
    if (!tenant.signInAllowed) throw authError('auth.tenant_not_allowed');
    return { claims, tenant, returnTo: attempt.returnTo, replacesSessionId: attempt.replacesSessionId };
  }

  private async redeem(code: string, attempt: TakenSignInAttempt, tenant: WatchedTenant): Promise<EntraClaims> {
    const codeVerifier = await this.keyRing.open(attempt.codeVerifierSealed, verifierPlace(attempt.id));
    return this.entra.redeem({
      entraTenantId: tenant.entraTenantId,
      redirectUri: this.redirectUri,
      code,
      codeVerifier: codeVerifier.toString('utf8'),
      nonce: attempt.nonce,
    });
  }

  private async ownTenant(): Promise<WatchedTenant> {
    const { ENTRA_TENANT_ID: entraTenantId, ENTRA_CLIENT_ID: clientId } = this.settings;
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

function verifierPlace(id: string) {
  return { table: 'sign_in_attempts', column: 'code_verifier_sealed', row: id };
}
