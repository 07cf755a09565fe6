import { readdir, stat } from 'node:fs/promises';
import { basename, join as joinPath } from 'node:path';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { isObject } from '../normalise/json-members.js';
import { ExportError } from './export-error.js';
import { readJsonFile, whyUnreadable } from './read-json-file.js';

/** More files than the largest tenant's configuration makes; past it the folder is something else. */
const MAX_FILES = 200_000;

/**
 * The objects in the .json files of a folder, in the order of their names. With `nested`, an object may also be the file
 * named like its own folder (`<id>/<id>.json`); other files below belong to it and are not objects of this type.
 *
 * @param only the one file that counts
 * @returns null when there is no such folder, or not that file in it
 * @throws ExportError naming the file that can't be read or isn't an object
 */
export async function readObjects(folder: string, nested = false, only?: string): Promise<JsonObject[] | null> {
  if (!(await isFolder(folder))) return null;
  const one = only === undefined ? null : joinPath(folder, only);
  if (one !== null && !(await isFile(one))) return null;
  const files = one === null ? await jsonFiles(folder, nested, 0, { count: 0 }) : [one];
  const objects: JsonObject[] = [];
  for (const file of files) {
    const content = await readJsonFile(file);
    for (const item of Array.isArray(content) ? content : [content]) {
      if (!isObject(item)) throw new ExportError(file, 'a JSON object is expected', 'at /');
      objects.push(item);
    }
  }
  return objects;
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

async function jsonFiles(folder: string, nested: boolean, depth: number, seen: { count: number }): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new ExportError(folder, whyUnreadable(error));
  });
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = joinPath(folder, entry.name);
    if (entry.isFile() && entry.name.toLowerCase().endsWith('.json')) {
      seen.count += 1;
      if (seen.count > MAX_FILES) throw new ExportError(folder, `it holds more than ${MAX_FILES} files`);
      const ofThisType = depth === 0 || entry.name.slice(0, -'.json'.length) === basename(folder);
      if (ofThisType) files.push(path);
    } else if (nested && entry.isDirectory() && depth === 0) {
      files.push(...(await jsonFiles(path, nested, depth + 1, seen)));
    }
  }
  return files;
}
