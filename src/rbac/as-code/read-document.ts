import { PERMISSION_PATTERN } from '../permission-name.js';
import {
  DEFAULT_ACTIVATION_SECONDS,
  MAX_ACTIVATION_SECONDS,
  MAX_ROLE_PARENTS,
  MAX_ROLE_PERMISSIONS,
  MIN_ACTIVATION_CAP_SECONDS,
  ROLE_NAME_PATTERN,
} from '../roles/role-limits.js';
import { MAX_SCOPE_LENGTH, SCOPE_PATTERN } from '../scope.js';
import {
  type AccessDocument,
  type DocumentConstraint,
  type DocumentMapping,
  type DocumentRole,
  MAX_DOCUMENT_CONSTRAINTS,
  MAX_DOCUMENT_MAPPINGS,
  MAX_DOCUMENT_ROLES,
} from './access-document.types.js';
import { DocumentFaults } from './document-faults.js';
import { parsePlainYaml } from './parse-plain-yaml.js';
import { sortDocument } from './sort-document.js';
import { type Place, YamlReader } from './yaml-reader.js';

const VERSION = 1;
const MAX_MEMBERS = 50;
/** No control characters but line breaks and tabs, which no column and no person has a use for. */
const DESCRIPTION = /^(?:[^\p{Cc}]|[\t\n]){0,500}$/u;
const TITLE = /^[^\p{Cc}]{1,200}$/u;
const CONSTRAINT_NAME = /^[^\p{Cc}]{1,100}$/u;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/;
const ANY = /^[\s\S]{1,650}$/;

/**
 * Reads a document of roles, constraints and mappings; what it leaves out gets its default. Whatever is not known, or stands there
 * twice, is refused with its line.
 *
 * @throws DomainError rbac.document_invalid
 */
export function readDocument(text: string): AccessDocument {
  const faults = new DocumentFaults();
  const reader = new YamlReader(parsePlainYaml(text), faults);
  const members = reader.members(reader.root, ['version', 'roles', 'constraints', 'mappings'], ['version']);
  reader.wholeNumber(members.get('version'), VERSION, VERSION);
  const document: AccessDocument = {
    roles: named(reader, reader.items(members.get('roles'), MAX_DOCUMENT_ROLES), roleOf),
    constraints: named(reader, reader.items(members.get('constraints'), MAX_DOCUMENT_CONSTRAINTS), constraintOf),
    mappings: reader.items(members.get('mappings'), MAX_DOCUMENT_MAPPINGS).map((place) => mappingOf(reader, place)),
  };
  faults.throwIfAny();
  return sortDocument(document);
}

function named<T extends { name: string }>(
  reader: YamlReader,
  places: Place[],
  read: (reader: YamlReader, place: Place) => T,
): T[] {
  const names = new Set<string>();
  return places.map((place) => {
    const item = read(reader, place);
    if (item.name !== '' && names.has(item.name)) reader.fault(place, `the name "${item.name}" stands here twice`);
    names.add(item.name);
    return item;
  });
}

const A_ROLE = 'the name of a role (a-z, 0-9 and ._-, at most 100)';

function roleOf(reader: YamlReader, place: Place): DocumentRole {
  const known = ['name', 'description', 'permissions', 'parents', 'activation'];
  const members = reader.members(place, known, ['name']);
  const at = members.get('activation');
  const activation = at === undefined ? undefined : reader.members(at, ['maxSeconds', 'needsApproval'], []);
  const seconds = reader.wholeNumber(activation?.get('maxSeconds'), MIN_ACTIVATION_CAP_SECONDS, MAX_ACTIVATION_SECONDS);
  return {
    name: reader.text(members.get('name'), ROLE_NAME_PATTERN, A_ROLE) ?? '',
    description: reader.text(members.get('description'), DESCRIPTION, 'a text of at most 500 characters') ?? '',
    permissions: reader.texts(
      members.get('permissions'),
      MAX_ROLE_PERMISSIONS,
      PERMISSION_PATTERN,
      'the name of a permission',
    ),
    parents: reader.texts(members.get('parents'), MAX_ROLE_PARENTS, ROLE_NAME_PATTERN, A_ROLE),
    activation: {
      maxSeconds: seconds ?? DEFAULT_ACTIVATION_SECONDS,
      needsApproval: reader.truth(activation?.get('needsApproval')) ?? false,
    },
  };
}

function constraintOf(reader: YamlReader, place: Place): DocumentConstraint {
  const known = ['name', 'description', 'kind', 'members', 'atMost'];
  const members = reader.members(place, known, ['name', 'kind', 'members']);
  const kind = reader.text(members.get('kind'), /^(?:roles|permissions)$/, 'roles or permissions');
  const isOfRoles = kind !== 'permissions';
  const items = reader.texts(
    members.get('members'),
    MAX_MEMBERS,
    isOfRoles ? ROLE_NAME_PATTERN : PERMISSION_PATTERN,
    isOfRoles ? A_ROLE : 'the name of a permission',
  );
  return {
    name: reader.text(members.get('name'), CONSTRAINT_NAME, 'a name of at most 100 characters') ?? '',
    description: reader.text(members.get('description'), DESCRIPTION, 'a text of at most 500 characters') ?? '',
    kind: isOfRoles ? 'roles' : 'permissions',
    members: items,
    atMost: reader.wholeNumber(members.get('atMost'), 1, MAX_MEMBERS - 1) ?? 1,
  };
}

function mappingOf(reader: YamlReader, place: Place): DocumentMapping {
  const known = ['group', 'groupId', 'tenant', 'role', 'scope', 'effect', 'validFrom', 'validUntil'];
  const members = reader.members(place, known, ['group', 'tenant', 'role']);
  const scope = members.get('scope');
  const path = reader.text(scope, ANY, 'a scope') ?? '/';
  if (scope !== undefined && (path.length > MAX_SCOPE_LENGTH || !SCOPE_PATTERN.test(path))) {
    reader.fault(scope, '"/" or a path of one to ten segments of letters, digits and ._~- is expected');
  }
  const effect = reader.text(members.get('effect'), /^(?:allow|deny)$/, 'allow or deny');
  return {
    group: reader.text(members.get('group'), TITLE, 'the object id or the name of a group') ?? '',
    groupId: reader.text(members.get('groupId'), UUID, 'the id of a group')?.toLowerCase() ?? null,
    tenant: reader.text(members.get('tenant'), UUID, 'the directory id of a tenant')?.toLowerCase() ?? '',
    role: reader.text(members.get('role'), ROLE_NAME_PATTERN, A_ROLE) ?? '',
    scope: path,
    effect: effect === 'deny' ? 'deny' : 'allow',
    validFrom: instant(reader, members.get('validFrom')),
    validUntil: instant(reader, members.get('validUntil')),
  };
}

function instant(reader: YamlReader, place: Place | undefined): string | null {
  const text = reader.text(place, RFC3339, 'a time such as 2030-01-31T00:00:00Z');
  if (text === undefined || place === undefined) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) {
    reader.fault(place, 'a time that exists is expected');
    return null;
  }
  return new Date(time).toISOString();
}
