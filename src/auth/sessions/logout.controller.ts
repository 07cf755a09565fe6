import { Body, Controller, Header, HttpCode, Post, Req, Res, UseInterceptors } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../access/access.decorators.js';
import { Settings } from '../../config/settings.js';
import { DEAD_WITHIN_MS } from '../../database/change-feed.service.js';
import { SettledInterceptor } from '../../database/settled.interceptor.js';
import { LimitedBy } from '../../limits/limited-by.decorator.js';
import { authError } from '../auth.errors.js';
import { clearCookie, readCookie } from '../auth-cookies.js';
import { LogoutDto, LogoutRequestDto } from '../dto/logout.dto.js';
import { type PublicAddress, publicAddress } from '../public-address.js';
import { ReachableFrom } from '../reachable-from.guard.js';
import { assertSameOrigin } from '../same-origin.js';
import { safeReturnTo } from '../sign-in/return-to.js';
import { presentedToken } from '../tokens/bearer-token.js';
import { EntraSignOutPage } from './entra-sign-out-page.service.js';
import { SignOutService } from './sign-out.service.js';

/** Never a 204 for somebody whose session goes on. */
const BOUND = 'A session that is bound to a key is signed out of by its refresh token.';

@ApiTags('sign-in')
@Controller('auth')
export class LogoutController {
  private readonly address: PublicAddress;

  constructor(
    private readonly signOut: SignOutService,
    private readonly entraPage: EntraSignOutPage,
    settings: Settings,
  ) {
    this.address = publicAddress(settings);
  }

  /** Sign out: end the session of the access token, of the refresh token in the body, or of the session cookie */
  @Post('logout')
  @Public('the token that is presented is the credential; by cookie with a same-origin proof')
  @LimitedBy('tokens')
  @ReachableFrom('own-site')
  @UseInterceptors(SettledInterceptor)
  @HttpCode(204)
  @Header('Cache-Control', 'no-store')
  @ApiBody({ type: LogoutRequestDto, required: false })
  @ApiOkResponse({ type: LogoutDto, description: 'Signed out here; when endEntraSession was asked for' })
  @ApiNoContentResponse({ description: 'Signed out' })
  async logout(
    @Body() body: LogoutRequestDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LogoutDto | undefined> {
    const returnTo = safeReturnTo(body.returnTo ?? '/');
    if (returnTo === null) throw authError('auth.invalid_return_to');
    const presented = presentedToken(request.headers.authorization);
    if (presented?.scheme === 'DPoP') throw authError('auth.token_binding', { detail: BOUND });
    const accessToken = presented?.token ?? null;
    const refreshToken = accessToken === null ? (body.refreshToken ?? this.tokenOfCookie(request)) : null;
    const userId = await this.signOut.end({ accessToken, refreshToken });
    if (accessToken === null && body.refreshToken === undefined) clearCookie(reply, 'session', this.address);
    if (body.endEntraSession !== true) return undefined;
    reply.status(200);
    return { location: await this.entraPage.locationFor(userId, returnTo), deadWithinMs: DEAD_WITHIN_MS };
  }

  /** @throws DomainError auth.cross_site when there is a cookie and no proof that our own page sent it */
  private tokenOfCookie(request: FastifyRequest): string | null {
    const token = readCookie(request, 'session', this.address);
    if (token !== null) assertSameOrigin(request.headers, this.address.origin);
    return token;
  }
}
