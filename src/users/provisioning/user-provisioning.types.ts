import type { JsonObject } from '../../crypto/canonical-json.js';

/** A person as a directory says that they are. */
export interface ProvisionedPerson {
  userPrincipalName: string;
  /** The directory's id of the person; any text. */
  externalId: string | null;
  /** Entra's object id, by which the person signs in; null when it isn't known. */
  objectId: string | null;
  displayName: string;
  email: string | null;
  profile: JsonObject;
  status: 'active' | 'disabled';
}

/** A user as provisioning finds them. */
export interface ProvisionedUser extends Omit<ProvisionedPerson, 'userPrincipalName' | 'status'> {
  id: string;
  tenantId: string;
  userPrincipalName: string | null;
  status: 'active' | 'disabled' | 'deleted';
  version: number;
}
