/** One public key (RFC 7517). */
export class JwkDto {
  /** Key type: EC. */
  kty: string;
  /** Curve: P-256. */
  crv: string;
  x: string;
  y: string;
  /** Key id: the thumbprint of RFC 7638. */
  kid: string;
  alg: string;
  use: string;
}

/** A JSON Web Key Set. */
export class JwksDto {
  keys: JwkDto[];
}
