import { Controller, Get, Header, HttpCode, Post, Query, Req, UseFilters, UseInterceptors } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import { Public } from '../../access/access.decorators.js';
import { SettledInterceptor } from '../../database/settled.interceptor.js';
import { LimitedBy } from '../../limits/limited-by.decorator.js';
import { LogoutTokenDto } from '../dto/logout.dto.js';
import { OAuthErrorFilter } from '../oauth/oauth-error.filter.js';
import { formOf, type OAuthRequest } from '../oauth/oauth-request.js';
import { EntraLogout } from './entra-logout.service.js';

const MAX_SID_LENGTH = 200;
const MAX_ISSUER_LENGTH = 512;

/** What Entra ID, or another OpenID provider before it, tells us about sessions that ended there. */
@ApiTags('sign-in')
@Controller('auth')
export class EntraLogoutController {
  constructor(private readonly entraLogout: EntraLogout) {}

  /** Signed out at Entra ID: it loads this in a frame, where no cookie arrives */
  @Get('frontchannel-logout')
  @UseInterceptors(SettledInterceptor)
  @Public('Entra ID calls it; the session id that only Entra and we know is the credential')
  @Header('Cache-Control', 'no-store')
  @LimitedBy('frames')
  @HttpCode(200)
  @ApiExcludeEndpoint()
  async frontChannel(@Query() { sid, iss }: Record<string, unknown>): Promise<void> {
    if (!isShortText(sid, MAX_SID_LENGTH)) return;
    // An issuer in another form is none of ours, and then nothing ends.
    if (iss === undefined || isShortText(iss, MAX_ISSUER_LENGTH)) await this.entraLogout.byFrame(sid, iss ?? null);
  }

  /** Signed out at Entra ID: a logout token says who (OpenID Connect Back-Channel Logout 1.0) */
  @Post('backchannel-logout')
  @UseInterceptors(SettledInterceptor)
  @Public('the signed logout token is the credential')
  @LimitedBy('tokens')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @UseFilters(OAuthErrorFilter)
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiBody({ type: LogoutTokenDto })
  async backChannel(@Req() request: OAuthRequest): Promise<void> {
    await this.entraLogout.byToken(formOf(request).require('logout_token'));
  }
}

function isShortText(value: unknown, limit: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= limit;
}
