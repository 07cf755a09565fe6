import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../access/access.decorators.js';
import { ecPublicJwk } from '../crypto/jwk-thumbprint.js';
import { KeyRing } from '../crypto/key-ring.js';
import { JwksDto } from './jwks.dto.js';
import { JWKS_MAX_AGE_SECONDS } from './key-times.js';

@ApiTags('sign-in')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keyRing: KeyRing) {}

  /** The public keys of our access tokens */
  @Get('jwks.json')
  @Public('public keys, read by everyone who verifies our tokens')
  @Header('Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS}, stale-if-error=86400`)
  async jwks(): Promise<JwksDto> {
    const keys = await this.keyRing.verificationKeys();
    return {
      keys: keys.map(({ kid, algorithm, publicKey }) => ({
        ...ecPublicJwk(publicKey),
        kid,
        alg: algorithm,
        use: 'sig',
      })),
    };
  }
}
