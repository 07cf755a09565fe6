import { stat } from 'node:fs/promises';
import type { TenantSnapshot } from '../snapshot/snapshot.types.js';
import { entraExporterExport } from './entra-exporter-export.js';
import { ExportError } from './export-error.js';
import { isFile } from './folder-export.js';
import type { ExportFormat } from './import.types.js';
import { intuneManagementExport } from './intune-management-export.js';
import { whyUnreadable } from './read-json-file.js';
import { scubaGearExport } from './scubagear-export.js';
import { SnapshotFile } from './snapshot-file.js';

const FORMATS: ExportFormat[] = [scubaGearExport, intuneManagementExport, entraExporterExport];

/**
 * An export of any known kind, told apart by its own marks.
 *
 * @returns our own export as an open file that is read as needed, any other as a snapshot in memory
 * @throws ExportError when it is missing, broken, or nothing that is known
 */
export async function openExport(path: string): Promise<SnapshotFile | TenantSnapshot> {
  const found = await stat(path).catch((error: unknown) => {
    throw new ExportError(path, whyUnreadable(error));
  });
  if (found.isFile() && looksLikeOurs(path)) return SnapshotFile.open(path);
  for (const format of FORMATS) {
    const file = await format.detect(path);
    if (file === null) continue;
    return (await isFile(file)) && looksLikeOurs(file) ? SnapshotFile.open(file) : await format.read(file);
  }
  const titles = [...FORMATS.map(({ title }) => title), 'the file of `blindspotx snapshot export`'];
  throw new ExportError(
    path,
    `this is not an export that is known: ${titles.slice(0, -1).join(', ')} or ${titles.at(-1)} is expected`,
  );
}

/** An export of any known kind, in memory. @throws ExportError */
export async function readExport(path: string): Promise<TenantSnapshot> {
  const opened = await openExport(path);
  return opened instanceof SnapshotFile ? opened.read() : opened;
}

function looksLikeOurs(path: string): boolean {
  try {
    return SnapshotFile.looksLikeOne(path);
  } catch (error) {
    throw new ExportError(path, whyUnreadable(error));
  }
}
