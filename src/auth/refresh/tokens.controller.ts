import { Body, Controller, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../access/access.decorators.js';
import { Settings } from '../../config/settings.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { LimitedBy } from '../../limits/limited-by.decorator.js';
import { authError } from '../auth.errors.js';
import { clearCookie, readCookie, setCookie } from '../auth-cookies.js';
import { DpopProofs } from '../dpop/dpop-proofs.service.js';
import { RefreshDto, TokensDto } from '../dto/auth.dto.js';
import { OWN_CLIENT } from '../lifetimes.js';
import { type PublicAddress, publicAddress } from '../public-address.js';
import { ReachableFrom } from '../reachable-from.guard.js';
import { RefusedCredentials } from '../refused-credentials.service.js';
import { assertSameOrigin } from '../same-origin.js';
import { RefreshService } from './refresh.service.js';

/** Refresh tokens that lead nowhere any more: the cookie is taken away. A superseded one stays, the browser has a newer. */
const DEAD = new Set(['auth.refresh_reused', 'auth.session_ended']);

@ApiTags('sign-in')
@Controller('auth')
export class TokensController {
  private readonly address: PublicAddress;

  constructor(
    private readonly refreshes: RefreshService,
    private readonly dpopProofs: DpopProofs,
    private readonly refused: RefusedCredentials,
    settings: Settings,
  ) {
    this.address = publicAddress(settings);
  }

  /** Get an access token for a refresh token, in the body or in the session cookie */
  @Post('refresh')
  @Public('the refresh token is the credential; by cookie with a same-origin proof')
  @LimitedBy('credentials')
  @ReachableFrom('own-site')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiBody({ type: RefreshDto, required: false })
  async refresh(
    @Body() body: RefreshDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokensDto> {
    try {
      const given = body.refreshToken;
      const token = given ?? this.tokenOfCookie(request);
      if (token === null) throw authError('auth.refresh_missing');
      const proof = request.headers['dpop'];
      const dpopJkt =
        proof === undefined
          ? null
          : await this.dpopProofs.verify({ proof, method: 'POST', url: `${this.address.url}/api/v1/auth/refresh` });
      const { accessToken, tokenType, expiresInSeconds, refreshToken } = await this.refreshes.refresh(token, {
        clientId: OWN_CLIENT,
        dpopJkt,
        scopes: null,
      });
      const answer = { accessToken, tokenType, expiresIn: expiresInSeconds };
      if (given !== undefined) return { ...answer, refreshToken };
      setCookie(reply, 'session', refreshToken, this.address);
      return answer;
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated') {
        // Whoever shows nothing, as a page does that nobody is signed in on, guesses nothing.
        if (error.code !== 'auth.refresh_missing') this.refused.count(error.code);
        if (DEAD.has(error.code) && body.refreshToken === undefined) clearCookie(reply, 'session', this.address);
      }
      throw error;
    }
  }

  /** @throws DomainError auth.cross_site when there is a cookie and no proof that our own page sent it */
  private tokenOfCookie(request: FastifyRequest): string | null {
    const token = readCookie(request, 'session', this.address);
    if (token !== null) assertSameOrigin(request.headers, this.address.origin);
    return token;
  }
}
