import type { ResourceType } from '../resource-types/resource-type.types.js';

/** Members that the normal form has had since a version of the normaliser. */
const MEMBERS_SINCE: readonly { version: number; type: ResourceType; path: string }[] = [
  { version: 2, type: 'roleAssignment', path: '/outsidePim' },
];

/** The members of a type that an older version of the normaliser left out, so that they can't be compared with it. */
export function membersUnknownTo(version: number, type: ResourceType): string[] {
  return MEMBERS_SINCE.filter((one) => one.version > version && one.type === type).map(({ path }) => path);
}
