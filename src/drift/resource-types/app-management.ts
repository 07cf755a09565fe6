import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Lists of restrictions, each of its own type once at most (Graph: appManagementConfiguration). */
export const CREDENTIAL_LISTS = ['passwordCredentials', 'keyCredentials'];

/** How the normal form sees what stands under each of the named members: restrictions by their type. */
export function restrictionsUnder(
  holders: string[],
): Pick<ResourceTypeDefinition, 'keyedLists' | 'sets' | 'spellings'> {
  const lists = holders.flatMap((holder) => CREDENTIAL_LISTS.map((name) => `/${holder}/${name}`));
  return {
    keyedLists: lists.map((path) => ({ path, by: 'restrictionType' })),
    sets: lists.map((path) => `${path}/*/certificateBasedApplicationConfigurationIds`),
    spellings: lists.map((path) => ({ path: `${path}/*/state`, values: ['enabled', 'disabled'] })),
  };
}
