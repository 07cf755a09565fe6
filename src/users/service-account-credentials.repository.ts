import { Injectable } from '@nestjs/common';
import { IsNull, MoreThan } from 'typeorm';
import { jwkThumbprint, type PublicJwk } from '../crypto/jwk-thumbprint.js';
import type { Transaction } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import type {
  CredentialContent,
  ServiceAccount,
  ServiceAccountCredential,
  UsableCredential,
} from './service-account.types.js';
import { ServiceAccountCredentialRow } from './service-account-credential.entity.js';

const USABLE = 'c.revoked_at IS NULL AND c.expires_at > clock_timestamp()';

@Injectable()
export class ServiceAccountCredentialsRepository {
  /** Those that nobody revoked, expired ones too. */
  async findPage(
    tx: Transaction,
    serviceAccountId: string,
    limit: number,
    afterId: string | null,
  ): Promise<ServiceAccountCredential[]> {
    const rows = await tx.find(ServiceAccountCredentialRow, {
      where: { serviceAccountId, revokedAt: IsNull(), ...(afterId === null ? {} : { id: MoreThan(afterId) }) },
      order: { id: 'ASC' },
      take: limit,
    });
    return rows.map(shown);
  }

  async countUsable(tx: Transaction, serviceAccountId: string): Promise<number> {
    const [row]: { count: number }[] = await tx.query(
      `SELECT count(*)::int AS count FROM service_account_credentials c WHERE c.service_account_id = $1 AND ${USABLE}`,
      [serviceAccountId],
    );
    return row?.count ?? 0;
  }

  async insert(
    tx: Transaction,
    serviceAccountId: string,
    content: CredentialContent,
    expiresInDays: number,
  ): Promise<ServiceAccountCredential> {
    const id = newId();
    const [kind, secretHash, publicJwk] =
      'secretHash' in content ? [content.kind, content.secretHash, null] : ['public_key', null, content.publicJwk];
    await tx.query(
      `INSERT INTO service_account_credentials
         (id, service_account_id, kind, secret_hash, public_jwk, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, now(), now() + make_interval(hours => 24 * $6::int))`,
      [id, serviceAccountId, kind, secretHash, publicJwk, expiresInDays],
    );
    return shown(await tx.findOneByOrFail(ServiceAccountCredentialRow, { id }));
  }

  /** Takes it from those that stand; null when the account has no such credential, or no longer. */
  async revoke(tx: Transaction, serviceAccountId: string, id: string): Promise<ServiceAccountCredential | null> {
    const { affected } = await tx.update(
      ServiceAccountCredentialRow,
      { id, serviceAccountId, revokedAt: IsNull() },
      { revokedAt: () => 'clock_timestamp()' },
    );
    return affected === 1 ? shown(await tx.findOneByOrFail(ServiceAccountCredentialRow, { id })) : null;
  }

  /**
   * An account that stands, with its owner and their tenant, and every credential that does: in one statement, so that it takes
   * one round trip and is true of one moment. No row for any other id.
   */
  async findStanding(
    tx: Transaction,
    serviceAccountId: string,
  ): Promise<{ account: ServiceAccount; credentials: UsableCredential[] } | null> {
    const rows: (ServiceAccount & CredentialColumns)[] = await tx.query(
      `SELECT a.id, a.tenant_id AS "tenantId", a.name, a.description, a.owner_user_id AS "ownerUserId", a.status,
              a.security_stamp AS "securityStamp", a.dpop_required AS "dpopRequired", a.version,
              a.created_at AS "createdAt", a.updated_at AS "updatedAt",
              c.id AS "credentialId", c.kind, c.secret_hash AS "secretHash", c.public_jwk AS "publicJwk"
         FROM service_accounts a
         JOIN users o ON o.id = a.owner_user_id AND o.status = 'active'
         JOIN tenants t ON t.id = a.tenant_id AND t.sign_in_allowed
         LEFT JOIN service_account_credentials c ON c.service_account_id = a.id AND ${USABLE}
        WHERE a.id = $1 AND a.status = 'active'
        ORDER BY c.id`,
      [serviceAccountId],
    );
    const [first] = rows;
    if (first === undefined) return null;
    const { credentialId: _id, kind: _kind, secretHash: _hash, publicJwk: _jwk, ...account } = first;
    return { account, credentials: rows.flatMap(usable) };
  }

  /** Once a minute is enough for people who look for what is unused; waits for nobody who is noting the same. */
  async noteUse(tx: Transaction, id: string): Promise<void> {
    await tx.query(
      `UPDATE service_account_credentials SET last_used_at = clock_timestamp() WHERE id =
         (SELECT c.id FROM service_account_credentials c
           WHERE c.id = $1 AND (c.last_used_at IS NULL OR c.last_used_at <= clock_timestamp() - interval '1 minute')
             FOR NO KEY UPDATE SKIP LOCKED)`,
      [id],
    );
  }
}

interface CredentialColumns extends Pick<ServiceAccountCredentialRow, 'secretHash' | 'publicJwk'> {
  credentialId: string | null;
  kind: ServiceAccountCredentialRow['kind'] | null;
}

function usable({ credentialId: id, kind, secretHash, publicJwk }: CredentialColumns): UsableCredential[] {
  // A token for SCIM gets no other tokens.
  if (id === null || kind === 'scim_token') return [];
  if (secretHash !== null) return [{ id, kind: 'secret', secretHash }];
  return publicJwk === null ? [] : [{ id, kind: 'public_key', publicJwk }];
}

function shown({
  id,
  kind,
  publicJwk,
  createdAt,
  expiresAt,
  lastUsedAt,
}: ServiceAccountCredentialRow): ServiceAccountCredential {
  // What is stored was checked by importPublicJwk before.
  const thumbprint = publicJwk === null ? null : jwkThumbprint(publicJwk as unknown as PublicJwk);
  return { id, kind, thumbprint, createdAt, expiresAt, lastUsedAt };
}
