import { DEAD_WITHIN_MS } from '../../database/change-feed.service.js';
import { type ServiceAccount } from '../service-account.types.js';

/** A program with an account of its own. */
export class ServiceAccountDto {
  /** Also its OAuth client id. */
  id: string;
  /** tenants.id of its owner. */
  tenantId: string;
  name: string;
  description: string;
  /** users.id of who answers for it. It ends with them. */
  owner: string;
  status: 'active' | 'disabled';
  /** Whether it gets only tokens that are bound to a key (RFC 9449). */
  dpopRequired: boolean;
  createdAt: string;
  updatedAt: string;

  static from(account: ServiceAccount): ServiceAccountDto {
    const { id, tenantId, name, description, ownerUserId, status, dpopRequired } = account;
    return {
      id,
      tenantId,
      name,
      description,
      owner: ownerUserId,
      status,
      dpopRequired,
      createdAt: account.createdAt.toISOString(),
      updatedAt: account.updatedAt.toISOString(),
    };
  }
}

/** A service account after a change. */
export class ChangedServiceAccountDto extends ServiceAccountDto {
  /** When the change ended its tokens: in how many milliseconds they are dead on every instance. Null when it ended none. */
  deadWithinMs: number | null;

  static fromChange(change: { account: ServiceAccount; endedTokens: boolean }): ChangedServiceAccountDto {
    return { ...ServiceAccountDto.from(change.account), deadWithinMs: change.endedTokens ? DEAD_WITHIN_MS : null };
  }
}

export class ServiceAccountPageDto {
  items: ServiceAccountDto[];
  nextCursor: string | null;
}
