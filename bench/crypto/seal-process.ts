/** Seals and opens fields with the service's key ring, and with Node's own cipher. */
import 'reflect-metadata';
import { createCipheriv, createDecipheriv, randomBytes, randomFillSync } from 'node:crypto';
import { startService } from '../../src/app/start-service.js';
import { KeyRing } from '../../src/crypto/key-ring.js';
import { answerJob } from '../audit/in-process.js';

export interface SealJob {
  env: Record<string, string>;
  rounds: number;
  seconds: number;
}

/** Fields a second, a value each round. */
export interface SealFigures {
  seal: number[];
  sealByNode: number[];
  open: number[];
  openByNode: number[];
  faults: string[];
}

const FIELD_BYTES = 200;
const BATCH = 1000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PLACE = {
  table: 'audit_events',
  column: 'sealed_states',
  row: '0193a5f0-0000-7000-8000-000000000001',
  tenant: null,
};
const PLACE_TEXT = Buffer.from(`${PLACE.table} ${PLACE.column} ${PLACE.row}`);

answerJob<SealJob, SealFigures>(async ({ env, rounds, seconds }) => {
  const { app } = await startService(env);
  const ring = app.get(KeyRing, { strict: false });
  const node = nodeCipher();
  const field = randomBytes(FIELD_BYTES);
  const [sealed, byNode] = [await ring.seal(field, PLACE), node.seal(field)];
  const figures: SealFigures = { seal: [], sealByNode: [], open: [], openByNode: [], faults: [] };
  if (!(await ring.open(sealed, PLACE)).equals(field)) figures.faults.push('seal: ours opens as something else');
  if (!node.open(byNode).equals(field)) figures.faults.push('seal: Node’s opens as something else');
  for (let round = 0; round <= rounds; round++) {
    const measured = {
      seal: await rateOf(seconds, () => ring.seal(field, PLACE)),
      sealByNode: await rateOf(seconds, () => node.seal(field)),
      open: await rateOf(seconds, () => ring.open(sealed, PLACE)),
      openByNode: await rateOf(seconds, () => node.open(byNode)),
    };
    if (round === 0) continue;
    for (const name of ['seal', 'sealByNode', 'open', 'openByNode'] as const) figures[name].push(measured[name]);
  }
  return figures;
});

/** One after the other, each awaited, as services do; Node's too, so that both pay for it. */
async function rateOf(seconds: number, work: () => Promise<Buffer> | Buffer): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  for (const until = startedAt + seconds * 1000; performance.now() < until; count += BATCH) {
    for (let nth = 0; nth < BATCH; nth++) await work();
  }
  return (count * 1000) / (performance.now() - startedAt);
}

/** AES-256-GCM as Node has it, the nonces drawn a thousand at a time. */
function nodeCipher() {
  const key = randomBytes(32);
  const pool = Buffer.alloc(NONCE_BYTES * BATCH);
  let used = pool.length;
  return {
    seal(plaintext: Buffer): Buffer {
      if (used === pool.length) {
        randomFillSync(pool);
        used = 0;
      }
      const nonce = pool.subarray(used, used + NONCE_BYTES);
      used += NONCE_BYTES;
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(PLACE_TEXT);
      const ciphertext = cipher.update(plaintext);
      cipher.final();
      return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
    },
    open(sealed: Buffer): Buffer {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(PLACE_TEXT);
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const plaintext = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES));
      decipher.final();
      return plaintext;
    },
  };
}
