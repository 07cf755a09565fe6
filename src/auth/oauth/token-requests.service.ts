import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { Settings } from '../../config/settings.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { METRIC } from '../../observability/metrics.js';
import { ClientAuthentication, type OAuthClient } from '../clients/client-authentication.service.js';
import { DpopProofs } from '../dpop/dpop-proofs.service.js';
import type { TokenResponseDto } from '../dto/oauth.dto.js';
import { RefusedCredentials } from '../refused-credentials.service.js';
import { endpointUrls } from './endpoint-urls.js';
import { GRANT_TYPES, Grants } from './grants.js';
import { oauthError } from './oauth.errors.js';
import { oauthErrorName } from './oauth-error-body.js';
import { clientRequestOf, formOf, type OAuthRequest } from './oauth-request.js';

/** A request to the token endpoint (RFC 6749 3.2): who asks, with which key, and then what the grant says. */
@Injectable()
export class TokenRequests {
  private readonly url: string;

  constructor(
    private readonly clients: ClientAuthentication,
    private readonly dpopProofs: DpopProofs,
    private readonly grants: Grants,
    private readonly refused: RefusedCredentials,
    settings: Settings,
    @InjectMetric(METRIC.tokenRequests) private readonly requests: Counter,
  ) {
    this.url = endpointUrls(settings).token;
  }

  /** @throws DomainError oauth.*; request.rate_limited and service.unavailable */
  async answer(request: OAuthRequest): Promise<TokenResponseDto> {
    let label = 'unknown';
    try {
      const form = formOf(request);
      const grantType = form.require('grant_type');
      const client = await this.clients.authenticate(clientRequestOf(request, form));
      const grant = this.grants.of(grantType);
      if (grant === undefined) throw oauthError('oauth.unsupported_grant_type');
      label = GRANT_TYPES[grantType as keyof typeof GRANT_TYPES];
      // A refresh is counted where it is known whether it is one that was made already.
      if (label !== 'refresh_token') this.refused.assertMayAsk();
      const proof = request.headers['dpop'];
      const dpopJkt =
        proof === undefined ? null : await this.dpopProofs.verify({ proof, method: 'POST', url: this.url });
      assertBoundIfRequired(client, dpopJkt);
      const answer = await grant.issue({ form, client, dpopJkt });
      this.requests.inc({ grant: label, outcome: 'issued' });
      return answer;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'oauth.invalid_grant') this.refused.count(error.code);
      this.requests.inc({ grant: label, outcome: oauthErrorName(error) });
      throw error;
    }
  }
}

/** RFC 9449 5.2, `dpop_bound_access_tokens`. */
function assertBoundIfRequired(client: OAuthClient, dpopJkt: string | null): void {
  if (client.kind === 'service_account' && client.account.dpopRequired && dpopJkt === null) {
    throw oauthError('oauth.invalid_dpop_proof', { detail: 'Tokens of this service account need a DPoP proof.' });
  }
}
