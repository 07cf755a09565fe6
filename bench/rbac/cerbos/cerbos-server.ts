import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Layout } from '../../auth/cores.js';
import { freePort } from '../../auth/server-process.js';
import type { Model } from '../model.js';
import { writePolicies } from './cerbos-policies.js';

export interface CerbosServer {
  /** Of gRPC: host and port. */
  target: string;
  pid: number;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/** A decision point of Cerbos on the model's roles, on the servers' core: no audit log, no telemetry, no watching of files. */
export async function startCerbos({ serverCommand }: Layout, binary: string, model: Model): Promise<CerbosServer> {
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-cerbos-'));
  const policies = join(folder, 'policies');
  mkdirSync(policies);
  writePolicies(policies, model);
  const [http, grpc] = [await freePort(), await freePort()];
  const config = {
    server: { httpListenAddr: `127.0.0.1:${http}`, grpcListenAddr: `127.0.0.1:${grpc}` },
    storage: { driver: 'disk', disk: { directory: policies, watchForChanges: false } },
    telemetry: { disabled: true },
  };
  const file = join(folder, 'cerbos.json');
  writeFileSync(file, JSON.stringify(config));
  const { command, args } = onServerCore(serverCommand, [binary, 'server', `--config=${file}`, '--log-level=error']);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + String(chunk)).slice(-4000);
  });
  const ended = once(child, 'exit');
  for (const deadline = Date.now() + START_TIMEOUT_MS; !(await isServing(http)); await sleep(50)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`Cerbos doesn't serve: ${complaint}`);
  }
  return {
    target: `127.0.0.1:${grpc}`,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a layout would start with Node, without Node. */
function onServerCore(serverCommand: Layout['serverCommand'], program: string[]): { command: string; args: string[] } {
  const { command, args } = serverCommand(program);
  if (command !== process.execPath) {
    return { command, args: args.filter((argument) => argument !== process.execPath) };
  }
  const [binary = '', ...rest] = args;
  return { command: binary, args: rest };
}

function isServing(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/_cerbos/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}
