// Makes `npm run demo`, `npm test` and the others work from a fresh clone: installs the packages when they are missing or
// stale, and with --build builds dist when a source is newer. Uses nothing but Node itself.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockFile = join(root, 'package-lock.json');
const stampFile = join(root, 'node_modules', '.blindspotx-installed');
const WAIT_MS = 200;
const GIVE_UP_MS = 600_000;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`BlindspotX needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(2);
}

function wantedStamp() {
  const hash = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  return `${hash} ${major} ${process.platform} ${process.arch}\n`;
}

function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wantedStamp();
}

function install() {
  const npm = process.env.npm_execpath ?? 'npm';
  const viaNode = /\.c?js$/.test(npm);
  console.error('Installing packages (once; half a minute to a few minutes)…');
  // Settings of the surrounding npm call (a --json, an --omit) must not change what gets installed.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_config_(json|omit|include|production|only|dry_run|global)$/i.test(name),
    ),
  );
  delete env.NODE_ENV;
  const args = [
    'ci',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--prefer-offline',
    '--include=dev',
    '--include=optional',
  ];
  const { status, error } = spawnSync(viaNode ? process.execPath : npm, viaNode ? [npm, ...args] : args, {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
    shell: !viaNode && process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(`The packages could not be installed${error ? ` (${error.message})` : ''}. Run "npm ci" to see why.`);
    process.exit(status ?? 1);
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, wantedStamp());
}

/** One process at a time: npm ci deletes node_modules under the feet of a second one. */
function underMutex(folder, work, isDone) {
  const deadline = Date.now() + GIVE_UP_MS;
  for (;;) {
    try {
      mkdirSync(dirname(folder), { recursive: true });
      mkdirSync(folder);
      break;
    } catch {
      const pidFile = join(folder, 'pid');
      const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
      if (pid > 1 && !isAlive(pid)) rmSync(folder, { recursive: true, force: true });
      if (Date.now() > deadline) {
        console.error(`Another process seems to hold ${folder}. Remove that folder if none does.`);
        process.exit(1);
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
    }
  }
  try {
    writeFileSync(join(folder, 'pid'), String(process.pid));
    if (!isDone()) work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Newest modification below a folder or of a file, in ms. */
function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), stat.mtimeMs);
}

function isBuilt() {
  const stamp = join(root, 'dist', '.built');
  if (!existsSync(stamp)) return false;
  const builtAt = statSync(stamp).mtimeMs;
  const sources = [
    'src',
    'demo',
    'bench',
    'ormconfig.ts',
    'tsconfig.json',
    'tsconfig.build.json',
    'nest-cli.json',
    'package-lock.json',
  ];
  return sources.every((source) => newest(join(root, source)) <= builtAt);
}

// npm ci empties node_modules, so the mutex stands beside it.
const beside = (name) => join(root, `.${name}`);
if (!isInstalled()) underMutex(beside('installing'), install, isInstalled);
if (process.argv.includes('--build') && !isBuilt()) {
  const { build } = await import('./build.mjs');
  underMutex(beside('building'), build, isBuilt);
}
