import type { JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { Prng } from './prng.js';
import { ADMIN_COUNT, type Cast } from './tenant-plan.js';
import { CITIES, DEPARTMENTS, GIVEN_NAMES, JOB_TITLES, SURNAMES } from './vocabulary.js';

/** Adds the people: an administrator, two break-glass accounts, cloud-only admin accounts, then members with some guests. */
export function generateUsers(state: TenantState, cast: Cast): void {
  state.collections.users.addSeries(cast.userIds, (position) => buildUser(state, cast, position));
}

function buildUser(state: TenantState, cast: Cast, position: number): JsonObject {
  const { seed, defaultDomain, initialDomain } = state.identity;
  const id = cast.userIds[position] ?? '';
  const random = new Prng(seed, 'person', position);
  if (position === 1 || position === 2) {
    return person(id, {
      displayName: `Emergency Access ${position}`,
      userPrincipalName: `emergency.access${position}@${initialDomain}`,
      givenName: null,
      surname: null,
      department: null,
      jobTitle: null,
    });
  }
  const givenName = random.pick(GIVEN_NAMES);
  const surname = random.pick(SURNAMES);
  const local = `${givenName}.${surname}`.toLowerCase();
  if (position < 3 + ADMIN_COUNT) {
    return person(id, {
      displayName: `${givenName} ${surname} (Admin)`,
      userPrincipalName: `adm.${local}${position || ''}@${initialDomain}`,
      givenName,
      surname,
      department: 'Information Security',
      jobTitle: position === 0 ? 'Head of Identity' : 'Administrator',
    });
  }
  // Some people come as guests of another organisation; the rest is partly synchronised from an on-premises directory.
  if (random.chance(0.06)) {
    const mail = `${local}@partner${random.between(1, 9)}.example`;
    return person(id, {
      displayName: `${givenName} ${surname}`,
      userPrincipalName: `${mail.replace('@', '_')}.${position}#EXT#@${initialDomain}`,
      givenName,
      surname,
      mail,
      userType: 'Guest',
      externalUserState: random.chance(0.8) ? 'Accepted' : 'PendingAcceptance',
      creationType: 'Invitation',
    });
  }
  const synced = random.chance(0.6);
  const userPrincipalName = `${local}${position}@${defaultDomain}`;
  return person(id, {
    displayName: `${givenName} ${surname}`,
    userPrincipalName,
    givenName,
    surname,
    mail: userPrincipalName,
    department: random.pick(DEPARTMENTS),
    jobTitle: random.pick(JOB_TITLES),
    city: random.pick(CITIES),
    accountEnabled: !random.chance(0.03),
    onPremisesImmutableId: synced ? Buffer.from(random.hex(32), 'hex').toString('base64') : null,
    onPremisesSyncEnabled: synced ? true : null,
    onPremisesLastSyncDateTime: synced ? '2026-05-28T04:11:09Z' : null,
  });
}

function person(id: string, about: JsonObject): JsonObject {
  return {
    id,
    deletedDateTime: null,
    accountEnabled: true,
    businessPhones: [],
    city: null,
    createdDateTime: '2024-03-04T08:30:00Z',
    creationType: null,
    department: null,
    externalUserState: null,
    identities: [],
    jobTitle: null,
    mail: null,
    mobilePhone: null,
    officeLocation: null,
    onPremisesImmutableId: null,
    onPremisesLastSyncDateTime: null,
    onPremisesSyncEnabled: null,
    preferredLanguage: null,
    proxyAddresses: [],
    signInSessionsValidFromDateTime: '2024-03-04T08:30:00Z',
    usageLocation: 'NL',
    userType: 'Member',
    ...about,
  };
}
