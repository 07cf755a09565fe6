// Runs every test tier on its own embedded PostgreSQL and ends in one line of counts. Arguments go to Jest.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'blindspotx-jest-'));
const resultFile = join(folder, 'result.json');

const jest = spawn(
  process.execPath,
  [
    join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
    '--ci',
    '--json',
    `--outputFile=${resultFile}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
);
// Ended from outside, it takes Jest with it; what the counts below then say is a failure.
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => jest.kill(signal));
const code = await new Promise((done) => jest.on('exit', (exitCode) => done(exitCode ?? 1)));

let result = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numFailedTestSuites: 0, numTotalTests: 0 };
try {
  result = JSON.parse(readFileSync(resultFile, 'utf8'));
} catch {
  console.error('Jest left no result; its messages above say why.');
}
rmSync(folder, { recursive: true, force: true });

// A suite that could not even load has no failed test to count; it is a failure all the same.
const failed = Math.max(result.numFailedTests, result.numFailedTestSuites > 0 || code !== 0 ? 1 : 0);
const skipped = result.numPendingTests > 0 ? `, ${result.numPendingTests} skipped` : '';
console.log(`${result.numPassedTests} passed, ${failed} failed${skipped}`);
process.exit(failed > 0 || result.numPassedTests === 0 ? 1 : 0);
