import { Body, Controller, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../access/access.decorators.js';
import { AuditService } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { Actors } from './actors.service.js';
import { authError } from './auth.errors.js';
import { clearCookie, readCookie, setCookie } from './auth-cookies.js';
import { bearerToken } from './bearer-token.js';
import { RefreshDto, TokensDto } from './dto/auth.dto.js';
import { type PublicAddress, publicAddress } from './public-address.js';
import { RefreshService } from './refresh.service.js';
import { assertSameOrigin } from './same-origin.js';
import { SessionsService } from './sessions.service.js';

/** Refresh tokens that lead nowhere any more: the cookie is taken away. A superseded one stays, the browser has a newer. */
const DEAD = new Set(['auth.refresh_invalid', 'auth.refresh_reused', 'auth.session_ended']);

@ApiTags('sign-in')
@Controller('auth')
export class TokensController {
  private readonly address: PublicAddress;

  constructor(
    private readonly refreshes: RefreshService,
    private readonly sessions: SessionsService,
    private readonly actors: Actors,
    private readonly audit: AuditService,
    settings: Settings,
  ) {
    this.address = publicAddress(settings);
  }

  /** Get an access token for a refresh token, in the body or in the session cookie */
  @Post('refresh')
  @Public('the refresh token is the credential; by cookie with a same-origin proof')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async refresh(
    @Body() body: RefreshDto | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokensDto> {
    try {
      const given = body?.refreshToken;
      const token = given ?? this.tokenOfCookie(request);
      if (token === null) throw authError('auth.refresh_missing');
      const { accessToken, expiresInSeconds, refreshToken } = await this.refreshes.refresh(token);
      const answer = { accessToken, tokenType: 'Bearer', expiresIn: expiresInSeconds };
      if (given !== undefined) return { ...answer, refreshToken };
      setCookie(reply, 'session', refreshToken, this.address);
      return answer;
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated') {
        this.audit.countAnonymousFailure(error.code);
        if (DEAD.has(error.code) && body?.refreshToken === undefined) clearCookie(reply, 'session', this.address);
      }
      throw error;
    }
  }

  /** Sign out: end the session of the access token, of the refresh token in the body, or of the session cookie */
  @Post('logout')
  @Public('the token that is presented is the credential; by cookie with a same-origin proof')
  @HttpCode(204)
  @Header('Cache-Control', 'no-store')
  async logout(
    @Body() body: RefreshDto | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const bearer = bearerToken(request.headers.authorization);
    if (bearer !== null) {
      const actor = await this.actors.ofAccessToken(bearer);
      await this.sessions.endOwn(actor, actor.sessionId, 'signed_out');
      return;
    }
    const token = body?.refreshToken ?? this.tokenOfCookie(request);
    if (token !== null) await this.sessions.endByRefreshToken(token);
    if (body?.refreshToken === undefined) clearCookie(reply, 'session', this.address);
  }

  /** @throws DomainError auth.cross_site when there is a cookie and no proof that our own page sent it */
  private tokenOfCookie(request: FastifyRequest): string | null {
    const token = readCookie(request, 'session', this.address);
    if (token !== null) assertSameOrigin(request.headers, this.address.origin);
    return token;
  }
}
