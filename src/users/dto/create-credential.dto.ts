import { IsIn, IsInt, IsObject, Max, Min, ValidateIf } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { NewCredential } from '../service-account.types.js';

const DEFAULT_DAYS = 90;

/** A credential to make. */
export class CreateCredentialDto {
  /**
   * `secret`: one is made and shown once. `public_key`: for `private_key_jwt` (RFC 7523); the private key stays where it is.
   * `scim_token`: a bearer token for SCIM alone, made and shown once, for provisioning services that can hold nothing else.
   */
  @IsIn(['secret', 'public_key', 'scim_token'])
  kind: 'secret' | 'public_key' | 'scim_token';

  /** A public JSON Web Key (RFC 7517): EC P-256, or RSA of 2048 bits and more. For `public_key` alone. */
  @ValidateIf((dto: CreateCredentialDto) => dto.kind === 'public_key' || dto.publicJwk !== undefined)
  @IsObject()
  publicJwk?: Record<string, unknown>;

  /** Days of 24 hours until it ends by itself; 90 when absent. */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(365)
  expiresInDays?: number;

  static toNewCredential({ kind, publicJwk, expiresInDays = DEFAULT_DAYS }: CreateCredentialDto): NewCredential {
    return { kind, publicJwk, expiresInDays };
  }
}
