import { IsIn, IsString, IsUUID, Matches, MaxLength, MinLength } from 'class-validator';
import { CONNECTION_CLOUDS, type ConnectionCloud } from '../../entra/clouds.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { ConnectionState, NewConnection, ShownConnection } from '../tenant-connection.types.js';

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const SECRET_MIN = 8;
const SECRET_MAX = 512;
const PEM_MAX = 32_768;

/** The application that a tenant is read with. Of `clientSecret`, `certificate` and `federated` exactly one; none is ever shown again. */
export class SetConnectionDto {
  /** Application (client) id of a registration that the tenant has consented to. */
  @IsUUID('loose')
  clientId: string;

  /** Which of Microsoft's clouds the tenant is in; left out: the one that the installation's settings name. */
  @MayBeAbsent()
  @IsIn(CONNECTION_CLOUDS)
  cloud?: 'global' | 'us-government' | 'us-dod' | 'china';

  @MayBeAbsent()
  @IsString()
  @MinLength(SECRET_MIN)
  @MaxLength(SECRET_MAX)
  clientSecret?: string;

  /** PEM text: a certificate and its RSA key without passphrase. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(PEM_MAX)
  certificate?: string;

  /** By the token that the platform gives this service: the file is the operator's setting (ENTRA_CLIENT_ASSERTION_FILE). */
  @MayBeAbsent()
  @IsIn([true])
  federated?: boolean;

  /** RFC 3339: when the secret ends, as Entra ID shows it. Of a certificate it is known. */
  @MayBeAbsent()
  @MaxLength(40)
  @Matches(RFC3339, { message: 'expiresAt must be a time as RFC 3339 writes it, such as 2026-01-31T09:30:00Z' })
  expiresAt?: string;

  /** @throws DomainError request.invalid */
  static toNewConnection(dto: SetConnectionDto): NewConnection {
    const { clientSecret, certificate, federated } = dto;
    const given = [clientSecret, certificate, federated].filter((one) => one !== undefined);
    if (given.length !== 1) {
      throw kernelError('request.invalid', {
        detail: 'Name clientSecret, certificate or federated, one of the three.',
      });
    }
    const expiresAt = dto.expiresAt === undefined ? null : new Date(dto.expiresAt);
    if (expiresAt !== null && (clientSecret === undefined || Number.isNaN(expiresAt.getTime()))) {
      throw kernelError('request.invalid', {
        errors: [{ pointer: '/expiresAt', code: 'time', detail: 'is a time, and goes with a clientSecret' }],
      });
    }
    return {
      clientId: dto.clientId.toLowerCase(),
      cloud: dto.cloud ?? null,
      kind: clientSecret !== undefined ? 'secret' : certificate !== undefined ? 'certificate' : 'federated',
      credential: clientSecret ?? certificate ?? null,
      expiresAt,
    };
  }
}

/** An application that a tenant is read with, or would be; never its credential. */
export class ShownConnectionDto {
  id: string;
  clientId: string;
  /** Null: the cloud that the installation's settings name. */
  cloud: 'global' | 'us-government' | 'us-dod' | 'china' | null;
  kind: 'secret' | 'certificate' | 'federated';
  /** Of a certificate its SHA-256 thumbprint; of a secret a keyed digest, the same for the same secret. */
  fingerprint: string | null;
  /** RFC 3339: when the credential ends; null where nobody said. */
  expiresAt: string | null;
  /** Name of whoever handed it in. */
  setBy: string;
  /** RFC 3339. */
  setAt: string;

  static from(connection: ShownConnection): ShownConnectionDto {
    const { expiresAt, createdAt, ...rest } = connection;
    const cloud: ConnectionCloud | null = rest.cloud;
    return { ...rest, cloud, expiresAt: expiresAt?.toISOString() ?? null, setAt: createdAt.toISOString() };
  }
}

/** What a tenant is read with. */
export class TenantConnectionDto {
  /** Id in /tenants. */
  tenantId: string;
  /** Null: the installation's application reads it. */
  own: ShownConnectionDto | null;
  /** What waits for a second person, newest first. */
  candidates: ShownConnectionDto[];
  /** What If-Match wants, as in the ETag of GET; 0 while nothing was ever set. */
  version: number;

  static from({ tenantId, active, candidates, version }: ConnectionState): TenantConnectionDto {
    const own = active === null ? null : ShownConnectionDto.from(active);
    return { tenantId, own, candidates: candidates.map(ShownConnectionDto.from), version };
  }
}
