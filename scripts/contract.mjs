// docs/contract from the built application: --write renews the files, otherwise they are compared and differences named.
// From the build and not from Jest, because the OpenAPI plugin works at compile time.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'docs', 'contract');
const built = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);

const { startEmbeddedPostgres } = await built('src/database/embedded-postgres.js');
const { loadSettings } = await built('src/config/load-settings.js');
const { openDatabase } = await built('src/app/start-service.js');
const { createHttpApp } = await built('src/app/http-app.js');
const { createLogger } = await built('src/observability/logger.js');
const { collectContract } = await built('src/app/contract.js');

const data = mkdtempSync(join(tmpdir(), 'blindspotx-contract-'));
const postgres = await startEmbeddedPostgres({ dir: data, throwaway: true, dieWithParent: true });
const settings = loadSettings({
  NODE_ENV: 'test',
  DATABASE_URL: postgres.url,
  DATA_DIR: data,
  PROCESS_ROLE: 'api',
  LOG_LEVEL: 'warn',
});
const app = await createHttpApp(settings, await openDatabase(settings, true), createLogger('warn'));
await app.init();
const wanted = await collectContract(app);
await app.close();
await postgres.stop();
rmSync(data, { recursive: true, force: true });

mkdirSync(folder, { recursive: true });
const present = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
const differing = [...new Set([...Object.keys(wanted), ...Object.keys(present)])].filter(
  (name) => wanted[name] !== present[name],
);

if (process.argv.includes('--write')) {
  for (const name of differing) {
    if (wanted[name] === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), wanted[name]);
  }
  console.log(
    differing.length === 0
      ? 'docs/contract says what is true already'
      : `docs/contract: renewed ${differing.join(', ')}`,
  );
} else if (differing.length > 0) {
  console.error(
    `docs/contract differs from the code in: ${differing.join(', ')}. If the change is meant, run "npm run contract:write" and review it.`,
  );
  process.exit(1);
}
process.exit(0);
