import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';
import type { AuthenticatedRequest } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { RoutePolicies } from '../access/route-policies.js';
import { AuditService } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { METRIC } from '../observability/metrics.js';
import { authError } from './auth.errors.js';
import { DpopProofs } from './dpop/dpop-proofs.service.js';
import { publicAddress } from './public-address.js';
import { BearerAuthentication } from './tokens/bearer-authentication.service.js';
import { presentedToken } from './tokens/bearer-token.js';

/**
 * Who is it? Runs first on every route. Only a token in the Authorization header answers that: a cookie never authorises a call
 * of the API. Leaves the caller as `request.actor`. Answers at once and not by a promise when memory knows the token: that is
 * the ordinary call.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  private readonly publicUrl: string;

  constructor(
    private readonly policies: RoutePolicies,
    private readonly bearers: BearerAuthentication,
    private readonly dpopProofs: DpopProofs,
    private readonly audit: AuditService,
    settings: Settings,
    @InjectMetric(METRIC.accessDenials) private readonly denials: Counter,
  ) {
    this.publicUrl = publicAddress(settings).url;
  }

  /** @throws DomainError auth.* of kind unauthenticated; entra.authority_unavailable, service.unavailable when it can't be checked now */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.policies.of(context.getHandler())?.kind === 'public') return true;
    // Not switchToHttp(): it makes three closures each time.
    const request = context.getArgByIndex<FastifyRequest & AuthenticatedRequest>(0);
    const { authorization } = request.headers;
    const known = authorization === undefined ? null : this.bearers.recognise(authorization);
    if (known === null) return this.identify(request);
    request.actor = known;
    return true;
  }

  private async identify(request: FastifyRequest & AuthenticatedRequest): Promise<boolean> {
    try {
      const presented = presentedToken(request.headers.authorization);
      if (presented === null) throw authError('auth.token_missing');
      request.actor = await this.caller(request, presented.scheme, presented.token);
      return true;
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated') {
        this.denials.inc({ reason: 'unauthenticated' });
        this.audit.countAnonymousFailure(error.code);
      }
      throw error;
    }
  }

  private async caller(request: FastifyRequest, scheme: 'Bearer' | 'DPoP', token: string): Promise<CallerActor> {
    const { actor, dpopJkt } = await this.bearers.authenticate(token, request.routeOptions.url);
    // A bound token is nobody's bearer token, and an unbound one gains nothing by a proof (RFC 9449 7.1, 7.2).
    if ((dpopJkt === null) !== (scheme === 'Bearer'))
      throw authError('auth.token_binding', { detail: bindingDetail(scheme) });
    if (dpopJkt === null) return actor;
    const jkt = await this.proofKey(request, token);
    if (jkt !== dpopJkt) throw authError('auth.dpop_invalid', { detail: 'The proof was made with another key.' });
    return actor;
  }

  private async proofKey(request: FastifyRequest, token: string): Promise<string> {
    const proof = request.headers['dpop'];
    if (typeof proof !== 'string') throw authError('auth.dpop_invalid', { detail: 'There must be one DPoP header.' });
    try {
      return await this.dpopProofs.verify({
        proof,
        method: request.method,
        url: this.publicUrl + request.url,
        accessToken: token,
      });
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind !== 'invalid') throw error;
      const { detail } = error;
      throw authError('auth.dpop_invalid', { ...(detail === undefined ? {} : { detail }), cause: error });
    }
  }
}

function bindingDetail(scheme: 'Bearer' | 'DPoP'): string {
  return scheme === 'Bearer'
    ? 'This token is bound to a key: send it as "Authorization: DPoP" with a DPoP proof.'
    : 'This token is not bound to a key: send it as "Authorization: Bearer".';
}
