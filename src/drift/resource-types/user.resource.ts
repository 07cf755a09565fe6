import { text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: user, collected where a policy, a role, an assignment or an owner list names it. */
export const user: ResourceTypeDefinition = {
  type: 'user',
  title: 'User',
  permission: 'User.Read.All',
  collect: {
    kind: 'referenced',
    select: [
      'id',
      'displayName',
      'userPrincipalName',
      'accountEnabled',
      'userType',
      'onPremisesImmutableId',
      'onPremisesSyncEnabled',
      'externalUserState',
      'identities',
    ],
  },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName') ?? text(raw, 'userPrincipalName'),
  ignore: [
    '/id',
    '/createdDateTime',
    '/signInActivity',
    '/signInSessionsValidFromDateTime',
    '/refreshTokensValidFromDateTime',
    '/lastPasswordChangeDateTime',
    '/onPremisesLastSyncDateTime',
    '/externalUserStateChangeDateTime',
    '/assignedPlans',
    '/provisionedPlans',
    '/proxyAddresses',
  ],
  sets: ['/otherMails', '/businessPhones'],
  keyedLists: [
    { path: '/identities', by: ['signInType', 'issuer', 'issuerAssignedId'] },
    { path: '/assignedLicenses', by: 'skuId' },
  ],
  defaults: [{ path: '/onPremisesSyncEnabled', value: false }],
  delimitedSets: [],
  flapping: true,
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Users',
    permission: 'User.ReadWrite.All',
    address: inCollection('/users'),
    update: { method: 'PATCH', whole: ['/identities'] },
    restorable: true,
    remove: () => true,
    readOnly: ['/onPremisesSyncEnabled', '/externalUserState', '/onPremisesImmutableId'],
    masteredElsewhere: (value) =>
      value['onPremisesSyncEnabled'] === true ? 'It comes from the on-premises directory and is changed there.' : null,
  },
  auditActivities: {
    added: ['add user', 'invite external user'],
    modified: ['update user', 'enable account', 'disable account'],
    removed: ['delete user', 'hard delete user'],
  },
};
