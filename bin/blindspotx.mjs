#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = new URL('../dist/src/cli.js', import.meta.url);
const at = (path) => existsSync(fileURLToPath(new URL(path, import.meta.url)));
// A build begins by removing dist and ends by marking it. Where there is no source, dist was made by somebody else.
const isBuilt = () => at('../dist/src/cli.js') && (at('../dist/.built') || !at('../src'));

function complain() {
  const why = at('../dist')
    ? 'dist is not whole: a build is under way, or broke off. Try again in a minute, or run `npm run build` in its folder'
    : 'it has to be built first: run `npm run build` in its folder';
  process.stderr.write(`blindspotx: ${why}\n`);
  process.exitCode = 2;
}

if (isBuilt()) {
  await import(program.href).catch((error) => {
    // A build that began meanwhile takes the files away.
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || isBuilt()) throw error;
    complain();
  });
} else {
  complain();
}
