import { Controller, Header, HttpCode, Post, Req, UseFilters, UseInterceptors } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import { Public } from '../../access/access.decorators.js';
import { DEAD_WITHIN_MS } from '../../database/change-feed.service.js';
import { SettledInterceptor } from '../../database/settled.interceptor.js';
import { LimitedBy } from '../../limits/limited-by.decorator.js';
import { ClientAuthentication } from '../clients/client-authentication.service.js';
import {
  IntrospectionDto,
  RevokedTokenDto,
  TokenQuestionDto,
  TokenRequestDto,
  TokenResponseDto,
} from '../dto/oauth.dto.js';
import { ReachableFrom } from '../reachable-from.guard.js';
import { Introspection } from './introspection.service.js';
import { OAuthErrorFilter } from './oauth-error.filter.js';
import { clientRequestOf, formOf, type OAuthRequest } from './oauth-request.js';
import { Revocation } from './revocation.service.js';
import { TokenRequests } from './token-requests.service.js';

const FORM = 'application/x-www-form-urlencoded';

/** OAuth for programs. Requests are forms and are read as such, not as DTOs: their rules are RFC 6749's and not this API's. */
@ApiTags('oauth')
@Controller('auth')
@UseFilters(OAuthErrorFilter)
export class OAuthController {
  constructor(
    private readonly tokens: TokenRequests,
    private readonly introspection: Introspection,
    private readonly revocation: Revocation,
    private readonly clients: ClientAuthentication,
  ) {}

  /** Token endpoint (RFC 6749 3.2): client credentials, refresh, and token exchange (RFC 8693) */
  @Post('token')
  @Public(
    'the client authenticates itself, or presents the refresh token or the token of Entra ID that is the credential',
  )
  @LimitedBy('credentials')
  @ReachableFrom('own-site')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Header('Pragma', 'no-cache')
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenRequestDto })
  token(@Req() request: OAuthRequest): Promise<TokenResponseDto> {
    return this.tokens.answer(request);
  }

  /** Ask what a token is good for (RFC 7662) */
  @Post('introspect')
  @Public('the client authenticates itself')
  @LimitedBy('tokens')
  @ReachableFrom('own-site')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenQuestionDto })
  introspect(@Req() request: OAuthRequest): Promise<IntrospectionDto> {
    return this.introspection.answer(request);
  }

  /** Revoke a token of one's own (RFC 7009): a refresh token with its whole session, an access token by itself */
  @Post('revoke')
  @UseInterceptors(SettledInterceptor)
  @Public('the client authenticates itself; the public client by the token that it revokes')
  @LimitedBy('tokens')
  @ReachableFrom('own-site')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenQuestionDto })
  async revoke(@Req() request: OAuthRequest): Promise<RevokedTokenDto> {
    const form = formOf(request);
    const client = await this.clients.authenticate(clientRequestOf(request, form));
    await this.revocation.revoke(client, form.require('token'));
    return { deadWithinMs: DEAD_WITHIN_MS };
  }
}
