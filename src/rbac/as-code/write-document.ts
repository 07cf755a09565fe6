import { stringify } from 'yaml';
import type { JsonObject } from '../../crypto/canonical-json.js';
import type { AccessDocument } from './access-document.types.js';

/** The document as it is shown and read again; times that say nothing are left out. */
export function documentContent(document: AccessDocument): JsonObject {
  return {
    version: 1,
    roles: document.roles,
    constraints: document.constraints,
    mappings: document.mappings.map(({ group, groupId, validFrom, validUntil, ...mapping }) => ({
      group,
      ...(groupId === null ? {} : { groupId }),
      ...mapping,
      ...(validFrom === null ? {} : { validFrom }),
      ...(validUntil === null ? {} : { validUntil }),
    })),
  };
}

/** The same document is always the same text. */
export function writeDocument(document: AccessDocument): string {
  return stringify(documentContent(document), {
    schema: 'core',
    version: '1.2',
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}
