// Runs the slow proofs whole, one at a time: every test file that calls proofSize, or of those the ones whose path holds all of
// the arguments. Ends in one line of counts, as scripts/test.mjs does, which runs them.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = process.argv.slice(2);

const proofs = ['src', 'test']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)))
  .filter((file) => /[.-]spec\.ts$/.test(file) && /\bproofSize\(/.test(readFileSync(file, 'utf8')))
  .map((file) => relative(root, file))
  .filter((file) => wanted.every((part) => file.includes(part)))
  .sort();
if (proofs.length === 0) {
  console.error(`No proof has ${wanted.join(' and ')} in its path.`);
  process.exit(2);
}
console.log(`Proves whole, one at a time:\n${proofs.join('\n')}`);
const { status } = spawnSync(
  process.execPath,
  [join(root, 'scripts', 'test.mjs'), '--maxWorkers=1', '--runTestsByPath', ...proofs],
  { cwd: root, stdio: 'inherit', env: { ...process.env, PROOFS: 'whole' } },
);
process.exit(status ?? 1);
