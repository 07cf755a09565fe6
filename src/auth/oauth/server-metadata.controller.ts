import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../../access/access.decorators.js';
import { PERMISSIONS } from '../../access/permissions.js';
import { Settings } from '../../config/settings.js';
import { ASSERTION_ALGORITHMS } from '../clients/client-assertions.service.js';
import { DPOP_ALGORITHMS } from '../dpop/dpop-proofs.service.js';
import { ServerMetadataDto } from '../dto/oauth.dto.js';
import { endpointUrls } from './endpoint-urls.js';
import { GRANT_TYPES } from './grants.js';

const CREDENTIALS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];

@ApiTags('oauth')
@Controller('.well-known')
export class ServerMetadataController {
  private readonly metadata: ServerMetadataDto;

  constructor(settings: Settings) {
    const urls = endpointUrls(settings);
    this.metadata = {
      issuer: urls.issuer,
      token_endpoint: urls.token,
      introspection_endpoint: urls.introspection,
      revocation_endpoint: urls.revocation,
      jwks_uri: urls.jwks,
      scopes_supported: Object.keys(PERMISSIONS),
      // There is no authorization endpoint: people sign in at Entra ID.
      response_types_supported: [],
      grant_types_supported: Object.keys(GRANT_TYPES),
      token_endpoint_auth_methods_supported: [...CREDENTIALS, 'none'],
      token_endpoint_auth_signing_alg_values_supported: [...ASSERTION_ALGORITHMS],
      introspection_endpoint_auth_methods_supported: CREDENTIALS,
      introspection_endpoint_auth_signing_alg_values_supported: [...ASSERTION_ALGORITHMS],
      revocation_endpoint_auth_methods_supported: [...CREDENTIALS, 'none'],
      revocation_endpoint_auth_signing_alg_values_supported: [...ASSERTION_ALGORITHMS],
      dpop_signing_alg_values_supported: [...DPOP_ALGORITHMS],
    };
  }

  /** Where the OAuth endpoints are and what they can do (RFC 8414) */
  @Get('oauth-authorization-server')
  @Public('metadata, read by every OAuth client')
  @Header('Cache-Control', 'public, max-age=300')
  read(): ServerMetadataDto {
    return this.metadata;
  }
}
