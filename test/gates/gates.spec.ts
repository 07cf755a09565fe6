import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/** A copy of the configuration beside a tiny tree, in which each gate is shown a fault of its kind. */
describe('every gate of npm run check can fail', () => {
  const copy = mkdtempSync(join(tmpdir(), 'bx-gates-'));
  const write = (path: string, text: string) => {
    mkdirSync(join(copy, path, '..'), { recursive: true });
    writeFileSync(join(copy, path), text);
  };
  const run = (bin: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(join(root, 'node_modules', '.bin', bin), args, {
      cwd: copy,
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  };

  beforeAll(() => {
    for (const file of ['tsconfig.json', 'biome.json', '.dependency-cruiser.cjs', 'package.json', '.gitignore']) {
      cpSync(join(root, file), join(copy, file));
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    spawnSync('git', ['init', '-q'], { cwd: copy });
    write('src/kernel/clean.ts', 'export const clean = 1;\n');
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const lint = () => run('biome', 'ci', 'src', '--error-on-warnings');
  const types = () => run('tsc', '--noEmit', '-p', 'tsconfig.json');
  const rules = () => run('depcruise', '--config', '.dependency-cruiser.cjs', 'src');

  it('and passes a clean tree', () => {
    expect([lint().status, types().status, rules().status]).toEqual([0, 0, 0]);
  });

  const faults: [string, string, Record<string, string>, () => { status: number | null; output: string }][] = [
    ['format', 'format', { 'src/kernel/fault.ts': 'export  const fault="x"\n' }, lint],
    ['any', 'noExplicitAny', { 'src/kernel/fault.ts': 'export const fault: any = 1;\n' }, lint],
    [
      'a non-null assertion',
      'noNonNullAssertion',
      { 'src/kernel/fault.ts': 'export const fault = [1].find(Boolean)!;\n' },
      lint,
    ],
    [
      'a floating promise',
      'noFloatingPromises',
      { 'src/kernel/fault.ts': 'async function work() {}\nexport function fault() {\n  work();\n}\n' },
      lint,
    ],
    ['a wrong type', 'TS2322', { 'src/kernel/fault.ts': "export const fault: number = 'x';\n" }, types],
    [
      'a room importing upwards',
      'imports-of-users',
      {
        'src/rbac/a.ts': 'export const a = 1;\n',
        'src/users/fault.ts': "import { a } from '../rbac/a.js';\n\nexport const fault = a;\n",
      },
      rules,
    ],
    [
      'a cycle',
      'no-circular',
      {
        'src/kernel/x.ts': "import type { Y } from './y.js';\n\nexport type X = Y;\n",
        'src/kernel/y.ts': "import type { X } from './x.js';\n\nexport type Y = X;\n",
      },
      rules,
    ],
    [
      'a private file',
      'private-files',
      {
        'src/users/user.entity.ts': 'export const user = 1;\n',
        'src/auth/fault.ts': "import { user } from '../users/user.entity.js';\n\nexport const fault = user;\n",
      },
      rules,
    ],
    [
      'a room without a row',
      'unknown-room',
      { 'src/utils/fault.ts': "import { clean } from '../kernel/clean.js';\n\nexport const fault = clean;\n" },
      rules,
    ],
    [
      'typeorm in a service',
      'only-repositories-know-typeorm',
      { 'src/users/users.service.ts': "import { DataSource } from 'typeorm';\n\nexport const fault = DataSource;\n" },
      rules,
    ],
    [
      'the product importing the demo',
      'product-knows-no-tools',
      {
        'demo/d.ts': 'export const d = 1;\n',
        'src/users/fault.ts': "import { d } from '../../demo/d.js';\n\nexport const fault = d;\n",
      },
      rules,
    ],
  ];

  it.each(faults)('on %s', (_what, expected, files, gate) => {
    for (const [path, text] of Object.entries(files)) write(path, text);
    const { status, output } = gate();
    for (const path of Object.keys(files)) rmSync(join(copy, path));
    expect(output).toContain(expected);
    expect(status).not.toBe(0);
  });

  it('on an OpenAPI description that breaks the standard', () => {
    write('openapi.json', JSON.stringify({ openapi: '3.1.0', info: { title: 'x' }, paths: { x: {} } }));
    expect(run('redocly', 'lint', 'openapi.json').status).not.toBe(0);
  });

  it.each([
    ['passes a test that holds', "it('holds', () => {});\n", 0, /^1 passed, 0 failed$/],
    ['fails on a failing test', "it('fails', () => { throw new Error('no'); });\n", 1, /^0 passed, 1 failed$/],
    ['fails on a file that cannot load', "require('./absent.js');\n", 1, /^0 passed, 1 failed$/],
    ['fails when there is no test', 'void 0;\n', 1, /^0 passed, [1-9]\d* failed$/],
  ])('the test run %s', (_what, text, expectedStatus, lastLine) => {
    write('fault/fault.spec.js', text);
    const config = { rootDir: join(copy, 'fault'), testRegex: 'fault\\.spec\\.js$', transform: {} };
    write('fault/jest.config.mjs', `export default ${JSON.stringify(config)};\n`);
    const { JEST_WORKER_ID: _worker, ...env } = process.env;
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(root, 'scripts', 'test.mjs'), `--config=${join(copy, 'fault', 'jest.config.mjs')}`],
      { cwd: root, encoding: 'utf8', env },
    );
    expect(stdout.trim().split('\n').at(-1)).toMatch(lastLine);
    expect(status).toBe(expectedStatus);
  });
});
