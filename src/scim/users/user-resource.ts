import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isUuid } from '../../kernel/ids/ids.js';
import type { ProvisionedPerson } from '../../users/provisioning/user-provisioning.types.js';
import { elementsOf } from '../protocol/evaluate-filter.js';
import { isJsonObject } from '../protocol/json-members.js';
import { versionOf } from '../resource-version.js';
import { USER_SCHEMA } from '../schemas/user.schema.js';
import type { ScimUserRow } from './scim-users.repository.js';

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
    userName: userPrincipalName ?? email ?? id,
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
 * @param kept the profile so far: what isn't SCIM's in it stays
 */
export function provisionedPerson(resource: JsonObject, kept: JsonObject = {}): ProvisionedPerson {
  const userName = textOf(resource['userName']) ?? '';
  const externalId = textOf(resource['externalId']) ?? null;
  const profile = Object.fromEntries(Object.entries(kept).filter(([name]) => !IN_PROFILE.includes(name)));
  for (const name of IN_PROFILE) if (resource[name] !== undefined) profile[name] = resource[name];
  return {
    userPrincipalName: userName,
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
  return textOf(name['formatted']) ?? (parts.length === 0 ? undefined : parts.join(' '));
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
