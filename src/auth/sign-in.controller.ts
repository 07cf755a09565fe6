import { Controller, Get, Header, HttpCode, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../access/access.decorators.js';
import { Settings } from '../config/settings.js';
import { authError } from './auth.errors.js';
import { clearCookie, readCookie, setCookie } from './auth-cookies.js';
import { LoginQueryDto } from './dto/auth.dto.js';
import { type PublicAddress, publicAddress } from './public-address.js';
import { readCallback } from './read-callback.js';
import { safeReturnTo } from './return-to.js';
import { SessionsService } from './sessions.service.js';
import { SignInService } from './sign-in.service.js';

const MAX_SID_LENGTH = 200;

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
  @Header('Cache-Control', 'no-store')
  async login(
    @Query() query: LoginQueryDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const returnTo = safeReturnTo(query.returnTo ?? '/');
    if (returnTo === null) throw authError('auth.invalid_return_to');
    const session = readCookie(request, 'session', this.address);
    const { url, browser } = await this.signIn.begin({
      returnTo,
      ...(query.loginHint === undefined ? {} : { loginHint: query.loginHint }),
      browser: readCookie(request, 'sign-in', this.address),
      replacesSessionId: session === null ? null : await this.sessions.sessionOfRefreshToken(session),
    });
    setCookie(reply, 'sign-in', browser, this.address);
    await reply.redirect(url, 302);
  }

  /** Come back from Entra ID */
  @Get('callback')
  @Public('Entra ID sends browsers here; state, cookie and code are the credential')
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
    clearCookie(reply, 'sign-in', this.address);
    setCookie(reply, 'session', refreshToken, this.address);
    // 303: the next request is a GET whatever this one was, and carries nothing of it (RFC 9700 4.12).
    await reply.redirect(returnTo, 303);
  }

  /** Signed out at Entra ID: it loads this in a frame, where no cookie arrives */
  @Get('frontchannel-logout')
  @Public('Entra ID calls it; the session id that only Entra and we know is the credential')
  @Header('Cache-Control', 'no-store')
  @HttpCode(200)
  @ApiExcludeEndpoint()
  async frontChannelLogout(@Query() query: Record<string, unknown>): Promise<void> {
    const { sid } = query;
    if (typeof sid === 'string' && sid !== '' && sid.length <= MAX_SID_LENGTH)
      await this.sessions.endByEntraSession(sid);
  }
}
