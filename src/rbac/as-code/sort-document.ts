import type { AccessDocument, DocumentMapping } from './access-document.types.js';

/** The one order of a document: by code units, so that it is the same everywhere. */
export function sortDocument(document: AccessDocument): AccessDocument {
  return {
    roles: [...document.roles].sort((a, b) => compare(a.name, b.name)),
    constraints: [...document.constraints].sort((a, b) => compare(a.name, b.name)),
    mappings: [...document.mappings].sort((a, b) => compare(mappingKey(a), mappingKey(b))),
  };
}

/** Which mapping it is: two that are equal in all of this are one. */
export function mappingKey(mapping: DocumentMapping): string {
  const { tenant, group, groupId, role, scope, effect, validFrom, validUntil } = mapping;
  return JSON.stringify([tenant, group, groupId, role, scope, effect, validFrom, validUntil]);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
