import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const root = join(__dirname, '..', '..');

describe('what npm starts', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'blindspotx-start-'));
    // PostgreSQL runs under an account of its own when this runs as root, and has to get through to its folder.
    chmodSync(folder, 0o711);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** As npm does: a shell, which gets the signals. */
  const launch = (program: string, env: Record<string, string> = {}, after = '') => {
    const child = spawn('sh', ['-c', `"${process.execPath}" scripts/launch.mjs ${program}${after}`], {
      cwd: root,
      env: { PATH: process.env['PATH'] ?? '', npm_lifecycle_event: 'start', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    // Closed when whoever holds the streams is gone, the program too.
    return { child, ended: once(child, 'close'), said: () => said };
  };
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((done) => setTimeout(done, 20));
  };
  const end = ({ pid }: ChildProcess) => process.kill(pid ?? 0, 'SIGTERM');

  it('is one program, so that no shell between keeps a signal to itself', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    expect(Object.values(scripts).filter((script: string) => /&&|;|\|/.test(script))).toEqual([]);
  });

  it.each(['', '; true'])('ends with the shell that runs it (%p)', async (after) => {
    const program = join(folder, 'program.mjs');
    writeFileSync(
      program,
      `setInterval(() => {}, 1000); process.on('SIGTERM', () => { console.log('told'); process.exit(0); }); console.log('up');`,
    );
    const { child, ended, said } = launch(relative(root, program), {}, after);
    await until(() => said().includes('up'));
    end(child);
    await ended;
    expect(said()).toBe('up\ntold\n');
  });

  it.each([
    ['nothing was built', ['src/'], 'it has to be built first'],
    ['a build is under way', ['src/', 'dist/src/cli.js'], 'a build is under way'],
    ['a build took it away again', ['src/', 'dist/.built'], 'a build is under way'],
    ['dist was made elsewhere', ['dist/src/cli.js'], null],
  ])('tells whoever runs blindspotx that %s', (_what, paths, complaint) => {
    const place = mkdtempSync(join(folder, 'bin-'));
    for (const path of paths) {
      mkdirSync(join(place, dirname(path)), { recursive: true });
      if (path.endsWith('/')) mkdirSync(join(place, path));
      else writeFileSync(join(place, path), '');
    }
    mkdirSync(join(place, 'bin'));
    copyFileSync(join(root, 'bin', 'blindspotx.mjs'), join(place, 'bin', 'blindspotx.mjs'));
    const { status, stderr } = spawnSync(process.execPath, [join(place, 'bin', 'blindspotx.mjs')], {
      encoding: 'utf8',
    });
    expect(status).toBe(complaint === null ? 0 : 2);
    expect(stderr).toEqual(complaint === null ? '' : expect.stringMatching(`^blindspotx: .*${complaint}.*\n$`));
  });

  it('leaves no embedded PostgreSQL behind, whether it can not start or is ended while it starts', async () => {
    const data = join(folder, 'data');
    const runs = () => existsSync(join(data, 'pg', 'postmaster.pid'));
    // Nobody made the tables, so it gets as far as the database and no further.
    const start = () => launch('dist/src/main.js', { DATA_DIR: data, PORT: '0', MIGRATE_ON_START: 'false' });

    const failed = start();
    await failed.ended;
    expect([failed.child.exitCode, runs()]).toEqual([1, false]);
    expect(failed.said()).toContain('using the embedded PostgreSQL');

    const early = start();
    await until(runs);
    end(early.child);
    await early.ended;
    expect(runs()).toBe(false);
    expect(early.said()).toContain('"message":"stopping"');
    expect(early.said()).not.toMatch(/could not/);
  }, 120_000);
});
