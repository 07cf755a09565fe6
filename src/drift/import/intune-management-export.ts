import { join as joinPath } from 'node:path';
import { isObject, member, text } from '../normalise/json-members.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { CollectedType, TenantSnapshot } from '../snapshot/snapshot.types.js';
import { collected } from './collected.js';
import { ExportError } from './export-error.js';
import { isFile, isFolder, readObjects } from './folder-export.js';
import type { ExportFormat } from './import.types.js';
import { readJsonFile } from './read-json-file.js';

const FOLDERS: { folder: string; type: ResourceType; more?: Partial<CollectedType> }[] = [
  { folder: 'ConditionalAccess', type: 'conditionalAccessPolicy' },
  { folder: 'NamedLocations', type: 'namedLocation' },
  { folder: 'AuthenticationStrengths', type: 'authenticationStrengthPolicy' },
  // Groups are written when a policy names them; their members aren't.
  { folder: 'Groups', type: 'group', more: { selection: true, notCarried: ['/members', '/owners'] } },
];

/** A folder written by IntuneManagement's bulk export: raw Graph objects, one file each, a folder per type. */
export const intuneManagementExport: ExportFormat = {
  title: 'an IntuneManagement folder',
  detect: async (path) => {
    if (!(await isFolder(path))) return null;
    const marks = await Promise.all([isFolder(joinPath(path, 'ConditionalAccess')), isFile(migrationTable(path))]);
    return marks.includes(true) ? path : null;
  },
  read: async (path) => {
    const types = new Map<ResourceType, CollectedType>();
    for (const { folder, type, more } of FOLDERS) {
      const objects = await readObjects(joinPath(path, folder));
      if (objects !== null) types.set(type, collected(type, objects, more));
    }
    if (types.size === 0) {
      throw new ExportError(path, `none of the folders ${FOLDERS.map(({ folder }) => folder).join(', ')} is in it`);
    }
    return {
      source: 'intunemanagement',
      tenantId: await tenantOf(path),
      takenAt: null,
      types,
    } satisfies TenantSnapshot;
  },
};

function migrationTable(path: string): string {
  return joinPath(path, 'MigrationTable.json');
}

async function tenantOf(path: string): Promise<string | null> {
  if (!(await isFile(migrationTable(path)))) return null;
  const table = await readJsonFile(migrationTable(path));
  return isObject(table) ? (text(table, 'TenantId') ?? text(member(table, 'Organization'), 'Id')) : null;
}
