import { text } from '../normalise/json-members.js';
import { byHand } from './remediation-parts.js';
import type { ExportedType, ResourceTypeDefinition } from './resource-type.types.js';

/**
 * A product's settings as an export has them: whatever its sections are. The importer says of each object which section it is
 * from, its key and its name (`section`, `settingKey`, `settingName`); volatile members are gone by then, by their names.
 */
function productSetting(type: ExportedType, title: string, place: string): ResourceTypeDefinition {
  return {
    type,
    title,
    permission: null,
    collect: { kind: 'exported' },
    key: (raw) => text(raw, 'settingKey'),
    displayName: (raw) => text(raw, 'settingName'),
    modifiedAtProperty: 'modifiedAt',
    ignore: ['/settingKey', '/settingName', '/modifiedAt'],
    sets: [],
    keyedLists: [],
    defaults: [],
    delimitedSets: [
      { path: '/sharingAllowedDomainList', separator: ' ' },
      { path: '/sharingBlockedDomainList', separator: ' ' },
      { path: '/publicCdnAllowedFileTypes', separator: ',' },
      { path: '/workload', separator: ',' },
    ],
    remediation: byHand(place, 'It was read out of an export, and is not configuration of Entra ID.'),
    auditActivities: { added: [], modified: [], removed: [] },
  };
}

export const PRODUCT_SETTINGS: Readonly<Record<ExportedType, ResourceTypeDefinition>> = {
  exchangeSetting: productSetting('exchangeSetting', 'Exchange Online setting', 'Exchange admin center'),
  defenderSetting: productSetting('defenderSetting', 'Defender or Purview setting', 'Microsoft Defender portal'),
  sharePointSetting: productSetting('sharePointSetting', 'SharePoint or OneDrive setting', 'SharePoint admin center'),
  teamsSetting: productSetting('teamsSetting', 'Teams setting', 'Teams admin center'),
  powerPlatformSetting: productSetting('powerPlatformSetting', 'Power Platform setting', 'Power Platform admin center'),
  otherSetting: productSetting('otherSetting', 'Other setting', 'the admin center of the product'),
};
