import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { member, text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
import type { ResourceType, ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: stsPolicy and its kin, whose content is JSON written into strings (`definition`), and whose audit names are alike. */
export function definitionPolicy(type: ResourceType, title: string, path: string): ResourceTypeDefinition {
  return {
    type,
    title,
    permission: 'Policy.Read.All',
    collect: { kind: 'list', path },
    key: (raw) => text(raw, 'id'),
    displayName: (raw) => text(raw, 'displayName'),
    ignore: ['/id', '/deletedDateTime'],
    sets: [],
    keyedLists: [],
    defaults: [{ path: '/isOrganizationDefault', value: false }],
    delimitedSets: [],
    reshape: withParsedDefinition,
    remediation: {
      kind: 'graph',
      place: 'no page; Microsoft Graph PowerShell only',
      permission: 'Policy.ReadWrite.ApplicationConfiguration',
      address: inCollection(path),
      update: { method: 'PATCH', whole: ['/definition'] },
      create: { path: () => path },
      remove: () => true,
      toGraph: (graph) => ({ ...graph, definition: asTexts(member(graph, 'definition')) }),
      losses: ['Which applications it was assigned to is in no snapshot.'],
    },
    auditActivities: { added: ['add policy'], modified: ['update policy'], removed: ['delete policy'] },
  };
}

/** The strings as what they say; one of them, which is all that Graph takes today, in place of the list. */
function withParsedDefinition(raw: JsonObject): JsonObject {
  const definition = member(raw, 'definition');
  if (definition === undefined || definition === null) return raw;
  const parts = (Array.isArray(definition) ? definition : [definition]).map(parsed);
  return { ...raw, definition: parts.length === 1 ? (parts[0] ?? null) : parts };
}

/** A text that isn't JSON is compared as it is: it is still what the policy says. */
function parsed(part: Json): Json {
  if (typeof part !== 'string') return part;
  try {
    return JSON.parse(part) as Json;
  } catch {
    return part;
  }
}

/** The other way round: Graph takes a list of texts. */
function asTexts(definition: Json | undefined): Json[] {
  if (definition === undefined || definition === null) return [];
  return (Array.isArray(definition) ? definition : [definition]).map((part) =>
    typeof part === 'string' ? part : JSON.stringify(part),
  );
}
