import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isUuid } from '../../kernel/ids/ids.js';
import type { ProvisionedPerson } from '../../users/provisioning/user-provisioning.types.js';
import { elementsOf } from '../protocol/evaluate-filter.js';
import { isJsonObject } from '../protocol/json-members.js';
import { MAX_NAME_LENGTH } from '../protocol/read-value.js';
import { versionOf } from '../resource-version.js';
import { USER_SCHEMA } from '../schemas/user.schema.js';
import { scimError } from '../scim.errors.js';
import type { ScimUserRow } from './scim-users.repository.js';

/** Of a person, as JSON: a list shows two hundred of them. */
export const MAX_PROFILE_LENGTH = 65_536;

/** What of a resource lies in columns; all else is the profile. */
const COLUMNS = new Set(['schemas', 'id', 'meta', 'externalId', 'userName', 'displayName', 'active']);
const IN_PROFILE = [
  ...USER_SCHEMA.core.attributes.map(({ name }) => name).filter((name) => !COLUMNS.has(name)),
  ...USER_SCHEMA.extensions.map(({ id }) => id),
];

/** What clients may change of a person, as the schema spells it. */
export function editableState(row: ScimUserRow): JsonObject {
  const { externalId, objectId, userPrincipalName, email, id, displayName, status, profile } = row;
  const state: JsonObject = {
    // Not the address, which several may share.
    userName: userPrincipalName ?? id,
    displayName,
    active: status === 'active',
  };
  const known = externalId ?? objectId;
  if (known !== null) state['externalId'] = known;
  // Of who only signed in, the address is known from there.
  if (email !== null && profile['emails'] === undefined)
    state['emails'] = [{ value: email, type: 'work', primary: true }];
  for (const name of IN_PROFILE) if (profile[name] !== undefined) state[name] = profile[name];
  return state;
}

/** @param location address of the resource */
export function userResource(row: ScimUserRow, location: string): JsonObject {
  const state = editableState(row);
  const extensions = USER_SCHEMA.extensions.map(({ id }) => id).filter((id) => state[id] !== undefined);
  return {
    schemas: [USER_SCHEMA.core.id, ...extensions],
    id: row.id,
    ...state,
    meta: {
      resourceType: 'User',
      created: row.createdAt.toISOString(),
      lastModified: row.updatedAt.toISOString(),
      location,
      version: versionOf(row.version),
    },
  };
}

/**
 * What a complete resource means for the account.
 *
 * @param row the account so far: what isn't SCIM's in its profile stays, and it needn't get a name
 * @throws DomainError scim.too_large
 */
export function provisionedPerson(resource: JsonObject, row?: ScimUserRow): ProvisionedPerson {
  const userName = textOf(resource['userName']) ?? '';
  const externalId = textOf(resource['externalId']) ?? null;
  const profile = Object.fromEntries(Object.entries(row?.profile ?? {}).filter(([name]) => !IN_PROFILE.includes(name)));
  for (const name of IN_PROFILE) if (resource[name] !== undefined) profile[name] = resource[name];
  if (JSON.stringify(profile).length > MAX_PROFILE_LENGTH) {
    throw scimError('scim.too_large', {
      detail: `What is known of a person has ${MAX_PROFILE_LENGTH} characters at most.`,
    });
  }
  return {
    userPrincipalName: row?.userPrincipalName === null && userName === row.id ? null : userName,
    externalId,
    objectId: isUuid(externalId) ? externalId.toLowerCase() : null,
    displayName: textOf(resource['displayName']) ?? writtenName(resource['name']) ?? userName,
    email: primaryAddress(resource['emails']),
    profile,
    status: resource['active'] === false ? 'disabled' : 'active',
  };
}

function writtenName(name: Json | undefined): string | undefined {
  if (!isJsonObject(name)) return undefined;
  const parts = [textOf(name['givenName']), textOf(name['familyName'])].filter((part) => part !== undefined);
  const written = textOf(name['formatted']) ?? (parts.length === 0 ? undefined : parts.join(' '));
  // By characters and not by halves of surrogate pairs.
  return written === undefined ? undefined : [...written].slice(0, MAX_NAME_LENGTH / 2).join('');
}

function primaryAddress(emails: Json | undefined): string | null {
  const addresses = elementsOf(emails).filter(isJsonObject);
  const chosen =
    addresses.find(({ primary }) => primary === true) ?? addresses.find(({ type }) => type === 'work') ?? addresses[0];
  return textOf(chosen?.['value']) ?? null;
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
