import { runCli } from '../../src/app/cli/run-cli.js';
import type { ReadingStage } from './reading-stage.js';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** One run of `blindspotx`, in this process; with the address and token of a running service when there is one. */
export async function blindspotx(args: string[], reading?: ReadingStage): Promise<Ran> {
  const ran: Ran = { code: -1, out: '', err: '' };
  ran.code = await runCli(args, {
    out: (text) => {
      ran.out += text;
    },
    err: (text) => {
      ran.err += text;
    },
    env: reading === undefined ? {} : { BLINDSPOTX_URL: reading.stage.service.url, BLINDSPOTX_TOKEN: reading.token },
    colour: false,
    exitCode: 0,
  });
  return ran;
}
