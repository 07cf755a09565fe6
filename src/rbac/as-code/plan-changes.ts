import { canonicalJson, type JsonObject } from '../../crypto/canonical-json.js';
import type { AccessDocument, ChangeKind, DocumentMapping, PlannedChange } from './access-document.types.js';
import { mappingKey } from './sort-document.js';

/** What has to change so that what is there becomes what the document says: nothing else, and nothing twice. Both are sorted. */
export function planChanges(current: AccessDocument, wanted: AccessDocument): PlannedChange[] {
  return [
    ...differences('role', keyed(current.roles, byName), keyed(wanted.roles, byName)),
    ...differences('constraint', keyed(current.constraints, byName), keyed(wanted.constraints, byName)),
    ...differences('mapping', keyed(current.mappings, mappingKey), keyed(wanted.mappings, mappingKey)),
  ];
}

const byName = ({ name }: { name: string }) => name;

function keyed<T>(items: readonly T[], key: (item: T) => string): Map<string, T> {
  return new Map(items.map((item) => [key(item), item]));
}

function differences<T extends JsonObject>(
  kind: ChangeKind,
  current: ReadonlyMap<string, T>,
  wanted: ReadonlyMap<string, T>,
): PlannedChange[] {
  const changes: PlannedChange[] = [];
  for (const key of [...new Set([...current.keys(), ...wanted.keys()])].sort()) {
    const before = current.get(key) ?? null;
    const after = wanted.get(key) ?? null;
    const content = after ?? before;
    if (content === null || canonicalJson(before) === canonicalJson(after)) continue;
    const action = before === null ? 'create' : after === null ? 'delete' : 'update';
    changes.push({ action, kind, name: nameOf(content), before, after });
  }
  return changes;
}

function nameOf(content: JsonObject): string {
  if (typeof content['name'] === 'string') return content['name'];
  const { group, role, scope, effect } = content as DocumentMapping;
  return `${group} ${effect === 'deny' ? 'is denied' : 'has'} ${role} on ${scope}`;
}
