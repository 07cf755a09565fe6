import type { JsonObject } from '../../crypto/canonical-json.js';

/** A person as a directory says that they are. */
export interface ProvisionedPerson {
  /** null for somebody who has none and isn't given one */
  userPrincipalName: string | null;
  /** The directory's id of the person; any text. */
  externalId: string | null;
  /** Entra's object id, by which the person signs in; null when it isn't known. */
  objectId: string | null;
  displayName: string;
  email: string | null;
  profile: JsonObject;
  status: 'active' | 'disabled';
}

/** A user as provisioning finds them; without the profile, which needn't be opened to write another. */
export interface ProvisionedUser extends Omit<ProvisionedPerson, 'status' | 'profile'> {
  id: string;
  tenantId: string;
  status: 'active' | 'disabled' | 'deleted';
  version: number;
}
