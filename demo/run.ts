import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from './api-client.js';
import { applyAttack, applyHarmlessEdits } from './attack.js';
import { DEMO_HELP, type DemoOptions, demoOptions } from './demo-options.js';
import { type DemoTenant, startDemoTenant } from './demo-tenant.js';
import { Narrator } from './narrator.js';
import { startServiceProcess } from './service-process.js';
import { auditSettings, runTenantOnly, settingsFor } from './tenant-only.js';
import { type DemoReport, judgeAttack, judgeEdit } from './verdict.js';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.js';

const SCAN_INTERVAL_SECONDS = 5;
const PATIENCE_MS = 90_000;
const POLL_MS = 250;
const DEFAULT_PORT = 3000;

interface ScanSummary {
  id: string;
  status: string;
  trigger: string;
  startedAt: string | null;
  reportId: string | null;
  snapshotId: string | null;
  reason: string | null;
}

interface Stage {
  /** The authority of the demo tenant's certificate, for whoever wants to call its Graph. */
  caFile: string;
  /** DATA_DIR of the service. */
  dataDir: string;
  /** Resolves with the exit code when the service ends though nobody asked it to. */
  serviceEnded: Promise<number>;
  tenant: DemoTenant;
  receiver: WebhookReceiver;
  api: ApiClient;
  url: string;
}

/** The main job told once, on real parts: service, PostgreSQL, the tenant's sign-in and Graph, all over HTTP. */
async function main(): Promise<void> {
  const options = demoOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(DEMO_HELP);
    return;
  }
  const narrator = new Narrator(options.json ? process.stderr : process.stdout);
  const interruption = new AbortController();
  // A terminal and npm may both pass one Ctrl-C on, so a second one must not cut the end short.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort());
  const interrupted = new Promise<void>((done) => interruption.signal.addEventListener('abort', () => done()));
  if (options.tenantOnly) {
    return runTenantOnly(options, process.env, (text) => void process.stdout.write(text), interrupted);
  }
  const startedAt = Date.now();
  const dataDir = mkdtempSync(join(tmpdir(), 'blindspotx-demo-'));
  // PostgreSQL runs under an account of its own when the demo runs as root, and has to get through to its folder.
  chmodSync(dataDir, 0o711);
  const closers: (() => Promise<void>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.reverse().splice(0)) await closer();
  };
  const scenery = setTheStage(options, narrator, dataDir, closers, interruption.signal);
  try {
    const story = scenery.then((stage) =>
      tellTheStory(stage, options, narrator).then((outcome) => ({ stage, outcome })),
    );
    const told = await Promise.race([story, interrupted]);
    if (told === undefined) return;
    const { stage, outcome } = told;
    const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
    narrator.verdict(outcome, seconds);
    if (options.json) {
      process.stdout.write(
        `${JSON.stringify({ ...outcome.report, demo: { ok: outcome.ok, seed: options.seed, seconds, attacks: outcome.attacks, harmless: outcome.harmless, webhook: outcome.webhook } })}\n`,
      );
    }
    if (!outcome.ok) process.exitCode = 1;
    if (!options.once) {
      narrator.urls(stage.url, stage.tenant, stage.api.token, stage.caFile, stage.dataDir);
      const gone = await Promise.race([interrupted.then(() => null), stage.serviceEnded]);
      if (gone !== null) throw new Error(`the service ended by itself with ${gone}`);
    }
  } finally {
    // Interrupted half-way, it ends before what it stands on is taken away.
    await scenery.catch(() => undefined);
    await close();
  }
}

async function setTheStage(
  options: DemoOptions,
  narrator: Narrator,
  dataDir: string,
  closers: (() => Promise<void>)[],
  interrupted: AbortSignal,
): Promise<Stage> {
  const port = options.once ? await freePort() : await preferredPort();
  const publicUrl = `http://localhost:${port}`;

  narrator.step('Starting a demo tenant (Entra sign-in and Microsoft Graph on loopback)');
  const tenant = await startDemoTenant({
    seed: options.seed,
    users: options.users,
    redirectUris: [`${publicUrl}/api/v1/auth/callback`],
  });
  closers.push(() => tenant.close());
  const caFile = join(dataDir, 'demo-ca.pem');
  writeFileSync(caFile, tenant.caCertificatePem);
  const serviceDir = join(dataDir, 'data');
  const receiver = await startWebhookReceiver();
  closers.push(() => receiver.close());

  interrupted.throwIfAborted();
  narrator.step('Starting the service on an embedded PostgreSQL');
  const service = await startServiceProcess(
    {
      ...auditSettings(process.env),
      ...settingsFor(tenant, publicUrl, caFile),
      PORT: String(port),
      DATA_DIR: serviceDir,
      LOG_LEVEL: 'info',
      DRIFT_SCAN_INTERVAL_SECONDS: String(SCAN_INTERVAL_SECONDS),
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true',
    },
    interrupted,
  );
  closers.push(() => service.stop());
  return {
    caFile,
    dataDir: serviceDir,
    serviceEnded: service.ended.then((code) => code ?? -1),
    tenant,
    receiver,
    api: new ApiClient(publicUrl),
    url: publicUrl,
  };
}

async function tellTheStory({ tenant, receiver, api }: Stage, options: DemoOptions, narrator: Narrator) {
  narrator.step(`Signing in ${tenant.administrator.displayName} through the tenant's OpenID Connect flow`);
  await api.signIn(tenant.administrator.userPrincipalName);
  // Signing in made them administrator, which is watched too: the baseline has to know it already.
  const signedInAt = Date.now();
  const endpoint = await api.post<{ secret: string }>('/webhooks/endpoints', {
    url: receiver.url,
    description: 'the demo listens here',
  });
  receiver.trust(endpoint.secret);

  narrator.step('Waiting for the first scheduled scan');
  const first = await scanAfter(api, signedInAt, narrator);
  narrator.step('Approving its snapshot as the baseline');
  await api.post('/drift/baselines', { snapshotId: first.snapshotId, reason: 'Reviewed at the start of the demo' });

  narrator.step('The tenant is changed: four attacks, and harmless edits among them');
  const attacks = applyAttack(tenant, options.seed);
  const edits = applyHarmlessEdits(tenant, options.seed);
  const changedAt = Date.now();
  for (const act of attacks) narrator.attack(act);

  narrator.step('Waiting for the next scheduled scan');
  const scan = await scanAfter(api, changedAt, narrator);
  if (scan.reportId === null) throw new Error(`the scan left no report: ${scan.reason}`);
  const report = await api.get<DemoReport>(`/drift/reports/${scan.reportId}`);
  narrator.report(report);

  narrator.step('Waiting for the webhook');
  const isAlert = (type: string) => type === 'drift.changes.detected';
  await until(() => receiver.received.some(({ type }) => isAlert(type)), 'no webhook arrived');
  const alert = receiver.received.find(({ type }) => isAlert(type));

  const verdicts = attacks.map((attack) => judgeAttack(attack, report));
  const harmless = edits.map((edit) => judgeEdit(edit, report, attacks));
  const webhook = { id: alert?.id ?? null, type: alert?.type ?? null, verified: alert?.verified ?? false };
  const ok =
    report.trigger === 'schedule' &&
    verdicts.every(({ found, actorIsRight }) => found && actorIsRight) &&
    harmless.every(({ severity }) => severity === null || severity === 'info') &&
    webhook.verified;
  return { ok, report, attacks: verdicts, harmless, webhook };
}

/** The first scheduled scan that started after the moment and completed. */
async function scanAfter(api: ApiClient, moment: number, narrator: Narrator): Promise<ScanSummary> {
  let found: ScanSummary | undefined;
  await until(async () => {
    const { items } = await api.get<{ items: ScanSummary[] }>('/drift/scans?limit=20');
    const scans = items.filter(
      ({ trigger, startedAt }) => trigger === 'schedule' && startedAt !== null && Date.parse(startedAt) > moment,
    );
    const failed = scans.find(({ status }) => status === 'failed');
    if (failed !== undefined) throw new Error(`a scan failed: ${failed.reason}`);
    found = scans.filter(({ status }) => status === 'completed').at(-1);
    narrator.waiting();
    return found !== undefined;
  }, 'no scheduled scan completed');
  if (found === undefined) throw new Error('no scheduled scan completed');
  return found;
}

async function until(holds: () => boolean | Promise<boolean>, complaint: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    if (await holds()) return;
  }
  throw new Error(`${complaint} within ${PATIENCE_MS / 1000} s`);
}

async function preferredPort(): Promise<number> {
  return (await isFree(DEFAULT_PORT)) ? DEFAULT_PORT : freePort();
}

function isFree(port: number): Promise<boolean> {
  return new Promise((known) => {
    const probe = createServer();
    probe.once('error', () => known(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => known(true)));
  });
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? found(address.port) : failed(new Error('no free port')),
      );
    });
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
