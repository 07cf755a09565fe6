// What a change must pass, and what continuous integration runs: format and lint, types, dependency rules, build, every
// test (the contract among them), and the OpenAPI document against its linter. Stops at the first gate that falls.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, 'node_modules', '.bin', name);
const gates = [
  [
    'format and lint',
    bin('biome'),
    ['ci', '.', '--error-on-warnings', `--colors=${process.stdout.isTTY ? 'force' : 'off'}`],
  ],
  ['types', bin('tsc'), ['--noEmit', '-p', 'tsconfig.json']],
  [
    'dependency rules',
    bin('depcruise'),
    ['--config', '.dependency-cruiser.cjs', 'src', 'demo', 'bench', 'test', 'ormconfig.ts'],
  ],
  ['build', process.execPath, ['scripts/ensure.mjs', '--build']],
  ['OpenAPI', bin('redocly'), ['lint', 'docs/contract/openapi.json', '--format=stylish', '--max-problems=50']],
  ['tests', process.execPath, ['scripts/test.mjs']],
];

for (const [name, command, args] of gates) {
  const startedAt = Date.now();
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  if (status !== 0) {
    console.error(`check: ${name} failed after ${seconds} s${error ? ` (${error.message})` : ''}`);
    process.exit(1);
  }
  console.error(`check: ${name} passed in ${seconds} s`);
}
