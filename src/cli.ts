import type { CliIo } from './app/cli/cli-io.js';
import { register as registerOperator } from './app/cli/operator-commands.js';
import { runCli } from './app/cli/run-cli.js';

// A reader that has seen enough (`| head`) closes the pipe; that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

const io: CliIo = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  // https://no-color.org: any value that isn't empty.
  colour: process.stdout.isTTY === true && !process.env['NO_COLOR'],
  exitCode: 0,
};
process.exitCode = await runCli(process.argv.slice(2), io, [registerOperator]);
