import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Layout } from './cores.js';
import type { Announcement } from './peers/peer-process.js';

export interface BenchServer {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

export interface PeerServer extends BenchServer {
  refreshTokens: string[];
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

/**
 * Our built service, its log going to /dev/null.
 *
 * @param env settings; PORT among them
 * @param nodeOptions further options of Node, for a profile
 */
export async function startService(
  layout: Layout,
  env: Record<string, string>,
  nodeOptions: string[] = [],
): Promise<BenchServer> {
  const main = fileURLToPath(new URL('../../../src/main.js', import.meta.url));
  const { command, args } = layout.serverCommand([...nodeOptions, main]);
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const url = `http://127.0.0.1:${env['PORT']}`;
  const server = serverOf(child, url);
  const isReady = () =>
    fetch(`${url}/health/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
  await Promise.race([untilTrue(isReady), server.failed]);
  return server;
}

/**
 * A peer: a script of `peers/` that answers its settings (in PEER_SETTINGS, as JSON) with the port it took.
 *
 * @param settings whatever that peer reads
 */
export async function startPeer(layout: Layout, script: string, settings: object): Promise<PeerServer> {
  const file = fileURLToPath(new URL(`peers/${script}.js`, import.meta.url));
  const { command, args } = layout.serverCommand([file]);
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', PEER_SETTINGS: JSON.stringify(settings) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const server = serverOf(child, '');
  const [{ port, refreshTokens }] = (await Promise.race([once(child, 'message'), server.failed])) as [Announcement];
  return { ...server, url: `http://127.0.0.1:${port}`, refreshTokens };
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (typeof address !== 'object' || address === null) throw new Error('there is no free port');
  return address.port;
}

function serverOf(child: ChildProcess, url: string): BenchServer & { failed: Promise<never> } {
  let complaint = '';
  let stopping = false;
  child.stderr?.on('data', (chunk) => {
    complaint = (complaint + String(chunk)).slice(-4000);
  });
  const ended = once(child, 'exit');
  const failed = ended.then(([code, signal]) => {
    const error = new Error(`a server ended with ${code ?? signal}: ${complaint}`);
    if (!stopping) process.stderr.write(`${error.message}\n`);
    throw error;
  });
  // Once it runs nobody waits for this any more.
  failed.catch(() => undefined);
  return {
    url,
    pid: child.pid ?? 0,
    failed,
    stop: async () => {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended.finally(() => clearTimeout(patience));
    },
  };
}

async function untilTrue(probe: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await sleep(50)) {
    if (await probe()) return;
  }
  throw new Error(`the service was not ready after ${START_TIMEOUT_MS / 1000} s`);
}
