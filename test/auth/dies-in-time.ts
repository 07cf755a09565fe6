import { setTimeout as sleep } from 'node:timers/promises';
import { DEAD_WITHIN_MS } from '../../src/database/change-feed.service.js';

const STEP_MS = 20;

/** Asks until it is refused, no longer than the service promises to take for that. @returns the last status */
export async function diesInTime(ask: () => Promise<number>): Promise<number> {
  for (let waited = 0; waited < DEAD_WITHIN_MS; waited += STEP_MS) {
    const status = await ask();
    if (status === 401) return status;
    await sleep(STEP_MS);
  }
  return ask();
}
