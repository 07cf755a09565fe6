/** Verifies a bundle in a file, as `blindspotx audit verify` does. */
import { readBundleFile } from '../../src/audit/evidence/read-bundle-file.js';
import { verifyBundle } from '../../src/audit/evidence/verify-bundle.js';
import { parseVerifierKey } from '../../src/crypto/signed-note.js';
import { answerJob } from './in-process.js';

export interface VerifyJob {
  path: string;
  key: string;
}

export interface VerifyResult {
  seconds: number;
  records: number;
  peakMiB: number;
}

answerJob<VerifyJob, VerifyResult>(async ({ path, key }) => {
  const startedAt = performance.now();
  const verdict = await verifyBundle(readBundleFile(path), { trusted: [parseVerifierKey(key)] });
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, records: verdict.holds ? verdict.records : 0, peakMiB: process.resourceUsage().maxRSS / 1024 };
});
