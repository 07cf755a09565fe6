/** Our service; with `plain`, the same with an insert into a plain table where it writes a record, and no sealer. */
import 'reflect-metadata';
import { startService } from '../../../src/app/start-service.js';
import { AuditService } from '../../../src/audit/audit.service.js';
import { AuditSealJob } from '../../../src/audit/seal/audit-seal.job.js';
import { AccessTokens } from '../../../src/auth/tokens/access-tokens.service.js';
import { runPrepared } from '../../../src/database/prepared-statements.js';
import { announce, peerSettings } from '../../auth/peers/peer-process.js';
import { PLAIN_INSERT, plainValues } from '../plain-insert.js';

const { env, programs, plain } = peerSettings<{ env: Record<string, string>; programs: string[]; plain: boolean }>();

if (plain) {
  AuditService.prototype.record = async (tx, actor, entry) => {
    await runPrepared(tx, PLAIN_INSERT, plainValues(actor, entry));
  };
  AuditSealJob.prototype.sealAll = async () => undefined;
}
const { app, url } = await startService(env);
const tokens = app.get(AccessTokens, { strict: false });
const issued = await Promise.all(
  programs.map(async (id) => {
    const subject = { type: 'service_account' as const, serviceAccountId: id, securityStamp: 1 };
    return (await tokens.issue({ subject, clientId: id, scopes: null, dpopJkt: null })).token;
  }),
);
announce(Number(new URL(url).port), issued);
