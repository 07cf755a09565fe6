/** Parameters of the token endpoint. The names are those of RFC 6749, 7521 and 8693. */
export class TokenRequestDto {
  /** `client_credentials`, `refresh_token` or `urn:ietf:params:oauth:grant-type:token-exchange`. */
  grant_type: string;
  /** A service account's id, or `blindspotx` for the public client. */
  client_id?: string;
  client_secret?: string;
  client_assertion_type?: string;
  client_assertion?: string;
  /** Permissions, separated by spaces: what the access token is narrowed to. */
  scope?: string;
  refresh_token?: string;
  /** An access token of Entra ID whose audience is this service. */
  subject_token?: string;
  subject_token_type?: string;
  requested_token_type?: string;
  audience?: string;
  resource?: string;
}

/** RFC 6749 5.1. */
export class TokenResponseDto {
  access_token: string;
  /** `Bearer`, or `DPoP` when the token is bound to the key of the request's proof. */
  token_type: string;
  /** Seconds. */
  expires_in: number;
  scope?: string;
  /** The next one: that of the request is used up. */
  refresh_token?: string;
  issued_token_type?: string;
}

/** A token to ask about or to revoke. */
export class TokenQuestionDto {
  token: string;
  /** Not needed. */
  token_type_hint?: string;
  client_id?: string;
  client_secret?: string;
  client_assertion_type?: string;
  client_assertion?: string;
}

/** The key that a token is bound to (RFC 9449 6.1). */
export class ConfirmationDto {
  /** Thumbprint of RFC 7638. */
  jkt: string;
}

/** RFC 7662 2.2. Of a token that isn't active nothing else is said. */
export class IntrospectionDto {
  active: boolean;
  scope?: string;
  client_id?: string;
  token_type?: string;
  /** Unix seconds. */
  exp?: number;
  iat?: number;
  /** users.id or the service account's id. */
  sub?: string;
  aud?: string;
  iss?: string;
  jti?: string;
  /** The session. */
  sid?: string;
  cnf?: ConfirmationDto;
}

/** The same whether there was something to revoke or not (RFC 7009 2.2). */
export class RevokedTokenDto {
  /** After so many milliseconds the token is refused by every instance. */
  deadWithinMs: number;
}

/** RFC 8414 2, RFC 9449 5.1. */
export class ServerMetadataDto {
  issuer: string;
  token_endpoint: string;
  introspection_endpoint: string;
  revocation_endpoint: string;
  jwks_uri: string;
  scopes_supported: string[];
  response_types_supported: string[];
  grant_types_supported: string[];
  token_endpoint_auth_methods_supported: string[];
  token_endpoint_auth_signing_alg_values_supported: string[];
  introspection_endpoint_auth_methods_supported: string[];
  introspection_endpoint_auth_signing_alg_values_supported: string[];
  revocation_endpoint_auth_methods_supported: string[];
  revocation_endpoint_auth_signing_alg_values_supported: string[];
  dpop_signing_alg_values_supported: string[];
}
