import { type RegisterCommands, runCli } from '../../src/app/cli/run-cli.js';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

interface Surroundings {
  env?: Record<string, string>;
  colour?: boolean;
  /** Beside those that every installation has. */
  commands?: RegisterCommands[];
}

/** One run of `blindspotx` in this process, and what it said. */
export async function ranCli(args: string[], { env = {}, colour = false, commands }: Surroundings = {}): Promise<Ran> {
  const ran: Ran = { code: -1, out: '', err: '' };
  const io = {
    out: (text: string) => {
      ran.out += text;
    },
    err: (text: string) => {
      ran.err += text;
    },
    env,
    colour,
    exitCode: 0,
  };
  ran.code = await runCli(args, io, commands);
  return ran;
}
