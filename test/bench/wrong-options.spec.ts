import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { roundOptions } from '../../bench/rounds/round-options.js';
import { WrongOption } from '../../bench/rounds/run-benchmark.js';

const root = join(__dirname, '..', '..');

describe('a benchmark that is asked wrongly', () => {
  it.each(['audit', 'auth', 'compare', 'crypto', 'rbac', 'nothing'])(
    'says so in one sentence and ends with 2: %s',
    (name) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/bench.mjs', name, '--nonsense'], {
        cwd: root,
        encoding: 'utf8',
      });
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^There is no (option "--nonsense"|benchmark "nothing")[^\n]*\.\n$/);
    },
    60_000,
  );

  const options = (...args: string[]) => roundOptions(args, ['one', 'two'], { rounds: 9, seconds: 3 }, ['cpu-prof']);

  it.each([
    [['--part', 'three'], '--part is one of one, two, not "three".'],
    [['--part'], '--part wants a value after it.'],
    [['--rounds', '--quick'], '--rounds wants a value after it.'],
    [['--rounds', '0'], '--rounds is a whole number above 0, not "0".'],
    [['--seconds=many'], '--seconds is a whole number above 0, not "many".'],
    [['--quick=yes'], '--quick takes no value.'],
    [['-q'], 'There is no option "-q"; there are --part, --rounds, --seconds, --cpu-prof, --quick.'],
    [['one'], 'There is no option "one"; there are --part, --rounds, --seconds, --cpu-prof, --quick.'],
    [['--'], 'There is no option "--"; there are --part, --rounds, --seconds, --cpu-prof, --quick.'],
  ])('is told what is wrong with %j', (args, sentence) => {
    expect(() => options(...args)).toThrow(new WrongOption(sentence));
  });

  it('hears what is said rightly', () => {
    expect(options('--part', 'two', '--rounds=4', '--cpu-prof', 'folder')).toMatchObject({
      parts: ['two'],
      rounds: 4,
      seconds: 3,
      isQuick: false,
      own: { 'cpu-prof': 'folder' },
    });
    expect(options('--quick')).toMatchObject({ parts: ['one', 'two'], rounds: 3, seconds: 1, isQuick: true });
  });
});
