// The long form of test/fault/once-per-slot: 30 slots, 10 kills at random. About four minutes.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), 'test/fault/once-per-slot'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { SLOTS: '30', KILLS: '10', ...process.env },
  },
);
process.exit(status ?? 1);
