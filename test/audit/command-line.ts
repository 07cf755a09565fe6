import { type Ran, ranCli } from '../support/ran-cli.js';
import type { ReadingStage } from './reading-stage.js';

/** One run of `blindspotx`, in this process; with the address and token of a running service when there is one. */
export function blindspotx(args: string[], reading?: ReadingStage): Promise<Ran> {
  const env: Record<string, string> =
    reading === undefined ? {} : { BLINDSPOTX_URL: reading.stage.service.url, BLINDSPOTX_TOKEN: reading.token };
  return ranCli(args, { env });
}
