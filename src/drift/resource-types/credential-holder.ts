import type { ChildPlan } from './resource-type.types.js';

/** Secret or changing parts of a credential: never stored. The key id tells credentials apart. */
export const CREDENTIAL_NOISE = [
  '/passwordCredentials/*/hint',
  '/passwordCredentials/*/secretText',
  '/keyCredentials/*/key',
];

/** Who may add credentials to it. */
export const ownersOf = (collection: string): ChildPlan => ({
  into: 'owners',
  path: (key) => `/${collection}/${encodeURIComponent(key)}/owners?$select=id`,
  shownIn: `/${collection}?$select=id&$expand=owners($select=id)&$top=999`,
  pick: ['id'],
});
