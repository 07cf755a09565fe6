import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Exports of real tenants that aren't part of this repository (their own licences); tests that need them skip without. */
const FOLDER = process.env['BLINDSPOTX_SHARED_DATA'] ?? resolve(__dirname, '../../../shared/data');

export function sharedData(path: string): string {
  return join(FOLDER, path);
}

/** `describe` where the data is, otherwise a skipped block whose name says what is missing. */
export function describeWithData(path: string, name: string, block: () => void): void {
  if (existsSync(sharedData(path))) describe(name, block);
  else describe.skip(`${name} (skipped: ${sharedData(path)} is not there; set BLINDSPOTX_SHARED_DATA)`, block);
}
