// Runs the long forms of the proofs of test/fault: npm run fault -- audit breaks the trail 50 times at random.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROOFS = {
  audit: { spec: 'test/fault/audit-crash', env: { FAULT_ROUNDS: '50' } },
  slots: { spec: 'test/fault/once-per-slot', env: { SLOTS: '30', KILLS: '10' } },
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const name = process.argv[2] ?? '';
const proof = Object.hasOwn(PROOFS, name) ? PROOFS[name] : undefined;
if (proof === undefined) {
  console.error(`There is no proof "${name}". There are: ${Object.keys(PROOFS).join(', ')}.`);
  process.exit(2);
}
const { status } = spawnSync(process.execPath, [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), proof.spec], {
  cwd: root,
  stdio: 'inherit',
  env: { ...proof.env, ...process.env },
});
process.exit(status ?? 1);
