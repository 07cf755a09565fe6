// Builds dist: the service with Nest's own builder (its OpenAPI plugin), the demo tenant and the benchmarks beside it.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, 'node_modules', ...name);

function run(script, args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error('The build failed; the messages above say where.');
    process.exit(status ?? 1);
  }
}

/** Synchronous on purpose: it runs under a lock that a crash must release. */
export function build() {
  console.error('Building…');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const tsc = bin(['typescript', 'bin', 'tsc']);
  run(bin(['@nestjs', 'cli', 'bin', 'nest.js']), ['build']);
  // Both hold sources of the service too; whether their types are right is asked once, of everything, by `npm run types`.
  run(tsc, ['-p', 'demo/tsconfig.json', '--noCheck']);
  run(tsc, ['-p', 'bench/tsconfig.json', '--noCheck']);
  // Benchmarks that run the service with something added have it beside them, and what it reads at start too.
  const rules = ['src', 'drift', 'classify', 'rules'];
  cpSync(join(root, 'dist', ...rules), join(root, 'dist', 'bench', ...rules), { recursive: true });
  writeFileSync(join(root, 'dist', '.built'), new Date().toISOString());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
