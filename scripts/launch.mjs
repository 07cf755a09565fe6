// One process for `npm start`, `npm test` and the others: makes sure of packages (and of dist, with --build), then becomes the
// program that is named. A signal to npm reaches the program, and it ends in order.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LOOK_AGAIN_MS = 100;
const parent = process.ppid;

await import('./ensure.mjs');

const [program, ...rest] = process.argv.slice(2).filter((argument, place) => place > 0 || argument !== '--build');
if (program === undefined) throw new Error('launch.mjs wants the program to run');
const path = join(root, program);
process.argv = [process.execPath, path, ...rest];
// Most shells stay between npm and this process even for one command, and keep a signal to themselves. When the shell is gone,
// the program is told what it was told. (npm doesn't wait for that: supervisors run `node dist/src/main.js`.)
if (process.env.npm_lifecycle_event !== undefined && process.platform !== 'win32') {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_AGAIN_MS).unref();
}
await import(pathToFileURL(path).href);
