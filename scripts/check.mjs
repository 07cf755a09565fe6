// What a change must pass, and what continuous integration runs: format and lint, types, dependency rules, build, every
// test (the contract among them), and the OpenAPI document against its linter. No test is run
// when a gate before them falls.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, 'node_modules', '.bin', name);
// Each of the first two rows keeps about one core busy, so they run beside one another; the tests want the whole machine.
const looks = [
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
];
const products = [
  ['build', process.execPath, ['scripts/ensure.mjs', '--build']],
  ['OpenAPI', bin('redocly'), ['lint', 'docs/contract/openapi.json', '--format=stylish', '--max-problems=50']],
];
const tests = [['tests', process.execPath, ['scripts/test.mjs']]];
const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };

/** What it says is held back until it is over when another runs beside it. */
async function passes([name, command, args], isAlone) {
  const startedAt = Date.now();
  const child = spawn(command, args, { cwd: root, env, stdio: isAlone ? 'inherit' : ['inherit', 'pipe', 'pipe'] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => said.push(chunk));
  const end = await new Promise((done) => {
    child.on('error', (error) => done({ status: null, error }));
    child.on('close', (status) => done({ status }));
  });
  process.stderr.write(Buffer.concat(said));
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  const isPassed = end.status === 0;
  const why = end.error ? ` (${end.error.message})` : '';
  console.error(`check: ${name} ${isPassed ? 'passed in' : 'failed after'} ${seconds} s${isPassed ? '' : why}`);
  return isPassed;
}

async function pass(row, isAlone) {
  for (const gate of row) if (!(await passes(gate, isAlone))) return false;
  return true;
}

const isSound = (await Promise.all([pass(looks, false), pass(products, false)])).every(Boolean);
process.exit(isSound && (await pass(tests, true)) ? 0 : 1);
