import { text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: onPremisesDirectorySynchronization, what the on-premises directory may write and take over. One per tenant. */
export const onPremisesSynchronization: ResourceTypeDefinition = {
  type: 'onPremisesSynchronization',
  title: 'Directory synchronisation',
  permission: 'OnPremDirectorySynchronization.Read.All',
  collect: { kind: 'list', path: '/directory/onPremisesSynchronization' },
  key: (raw) => text(raw, 'id'),
  displayName: () => 'Directory synchronisation',
  ignore: ['/id'],
  sets: [],
  keyedLists: [],
  defaults: [],
  delimitedSets: [],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Entra Connect',
    permission: 'OnPremDirectorySynchronization.ReadWrite.All',
    address: inCollection('/directory/onPremisesSynchronization'),
    remove: () => 'There is exactly one in every tenant.',
    createdByHand: 'There is exactly one in every tenant.',
  },
  auditActivities: {
    added: ['set dirsync feature', 'set dirsyncenabled flag'],
    modified: [
      'set dirsync feature',
      'set dirsyncenabled flag',
      'set directory feature on tenant',
      'set accidental deletion threshold',
    ],
    removed: ['set dirsync feature', 'set dirsyncenabled flag'],
  },
};
