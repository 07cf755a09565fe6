// Runs the benchmarks of bench/, peers in the same run; a name runs one: npm run bench -- compare
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'bench', 'bench');
const all = readdirSync(folder)
  .filter((file) => /^[a-z-]+\.js$/.test(file))
  .map((file) => file.slice(0, -3));
const [name, ...args] = process.argv.slice(2);
if (name !== undefined && !all.includes(name)) {
  console.error(`There is no benchmark "${name}". There are: ${all.join(', ')}.`);
  process.exit(2);
}
for (const bench of name === undefined ? all : [name]) {
  const { status } = spawnSync(process.execPath, [join(folder, `${bench}.js`), ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
