import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Where the packages of Cerbos are: no dependency of ours, for they weigh 100 MB. */
export const CERBOS_DIR = 'BENCH_CERBOS_DIR';

export interface CerbosPackages {
  binary: string;
  /** Of the client over gRPC. */
  clientUrl: string;
}

/** @returns null when no folder is named @throws Error when the folder hasn't got them */
export function cerbosPackages(): CerbosPackages | null {
  const folder = process.env[CERBOS_DIR];
  if (folder === undefined || folder === '') return null;
  const whole = resolve(folder);
  const require = createRequire(join(whole, 'from-here.js'));
  const binary = require.resolve(`@cerbos/cerbos-${platform()}-${arch()}`);
  if (!existsSync(binary)) throw new Error(`${binary} is not there`);
  return { binary, clientUrl: pathToFileURL(require.resolve('@cerbos/grpc')).href };
}
