import { Controller, Get, Header, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../access/access.decorators.js';
import { Settings } from '../../config/settings.js';
import { LimitedBy } from '../../limits/limited-by.decorator.js';
import { authError } from '../auth.errors.js';
import { readCookie, setCookie } from '../auth-cookies.js';
import { LoginQueryDto } from '../dto/auth.dto.js';
import { type PublicAddress, publicAddress } from '../public-address.js';
import { ReachableFrom } from '../reachable-from.guard.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { assertNavigation } from './assert-navigation.js';
import { readCallback } from './read-callback.js';
import { safeReturnTo } from './return-to.js';
import { SignInService } from './sign-in.service.js';

@ApiTags('sign-in')
@Controller('auth')
export class SignInController {
  private readonly address: PublicAddress;

  constructor(
    private readonly signIn: SignInService,
    private readonly sessions: SessionsService,
    settings: Settings,
  ) {
    this.address = publicAddress(settings);
  }

  /** Go to Entra ID and sign in */
  @Get('login')
  @Public('the way in')
  @LimitedBy('sign-ins')
  @ReachableFrom('navigations')
  @Header('Cache-Control', 'no-store')
  async login(
    @Query() query: LoginQueryDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    assertNavigation(request.headers);
    const returnTo = safeReturnTo(query.returnTo ?? '/');
    if (returnTo === null) throw authError('auth.invalid_return_to');
    // Whoever begins with a key must have it: a link from elsewhere would bind somebody's session to another's.
    if (query.dpopJkt !== undefined && request.headers['sec-fetch-site'] === 'cross-site')
      throw authError('auth.cross_site');
    const session = readCookie(request, 'session', this.address);
    const { url, browser } = await this.signIn.begin({
      returnTo,
      ...(query.loginHint === undefined ? {} : { loginHint: query.loginHint }),
      entraTenantId: query.tenant ?? null,
      dpopJkt: query.dpopJkt ?? null,
      browser: readCookie(request, 'sign-in', this.address),
      replacesSessionId: session === null ? null : await this.sessions.sessionOfRefreshToken(session),
    });
    setCookie(reply, 'sign-in', browser, this.address);
    await reply.redirect(url, 302);
  }

  /** Come back from Entra ID */
  @Get('callback')
  @Public('Entra ID sends browsers here; state, cookie and code are the credential')
  // Not by the limit of sign-ins: whoever was let in at the beginning isn't stopped at the end by others who only begin.
  @LimitedBy('tokens')
  @ReachableFrom('navigations')
  @Header('Cache-Control', 'no-store')
  @ApiExcludeEndpoint()
  async callback(
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const answer = readCallback(query);
    if (answer === null) throw authError('auth.sign_in_expired', { detail: 'This is not an answer of Entra ID.' });
    const { refreshToken, returnTo } = await this.signIn.complete(answer, readCookie(request, 'sign-in', this.address));
    // The sign-in cookie stays until its ten minutes are over: another tab of this browser may be on its way with it.
    setCookie(reply, 'session', refreshToken, this.address);
    // 303: the next request is a GET whatever this one was, and carries nothing of it (RFC 9700 4.12).
    await reply.redirect(returnTo, 303);
  }
}
