import { Injectable } from '@nestjs/common';
import { canonicalJson, type JsonObject } from '../crypto/canonical-json.js';
import { KeyRing } from '../crypto/key-ring.js';
import { defineSealedColumn } from '../crypto/sealed-columns.js';

const PROFILE = defineSealedColumn({
  table: 'users',
  column: 'sealed_profile',
  row: 'id',
  tenant: 'tenant_id',
  rewrap: true,
});

/** As they lie in a row: what PROFILE_COLUMNS selects. */
export interface ProfileColumns {
  /** Null for a profile that says nothing. */
  sealedProfile: Buffer | null;
}

/** Of users, as `u`. */
export const PROFILE_COLUMNS = 'u.sealed_profile AS "sealedProfile"';

/** Seals and opens what directories say of people. */
@Injectable()
export class UserProfiles {
  constructor(private readonly keys: KeyRing) {}

  /** @returns null for a profile that says nothing */
  async seal(userId: string, tenantId: string, profile: JsonObject): Promise<Buffer | null> {
    if (Object.keys(profile).length === 0) return null;
    return this.keys.seal(Buffer.from(canonicalJson(profile), 'utf8'), PROFILE.place(userId, tenantId));
  }

  /**
   * The row with its profile opened.
   *
   * @throws DomainError keys.cannot_open
   */
  async open<Row extends ProfileColumns & { id: string }>(
    { sealedProfile, ...row }: Row,
    tenantId: string,
  ): Promise<Omit<Row, keyof ProfileColumns> & { profile: JsonObject }> {
    if (sealedProfile === null) return { ...row, profile: {} };
    const text = (await this.keys.open(sealedProfile, PROFILE.place(row.id, tenantId))).toString('utf8');
    return { ...row, profile: JSON.parse(text) as JsonObject };
  }
}
