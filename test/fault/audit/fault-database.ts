import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const DISK_MIB = 640;
const PATIENCE_MS = 60_000;
/** Durable as in production; little WAL kept, so that a full disk is met soon. */
const SETTINGS = ['max_connections=100', 'shared_buffers=32MB', 'min_wal_size=32MB', 'max_wal_size=64MB'];

/**
 * A PostgreSQL that may be broken, on a small disk of its own where one can be mounted. Reached through a port that stays, as a
 * database behind a name does, wherever the server runs after its next start.
 */
export class FaultDatabase {
  private readonly starters: ChildProcess[] = [];
  private readonly links = new Set<Socket>();
  private port = 0;
  private direct = '';

  private constructor(
    private readonly folder: string,
    /** Whether its disk is small and its own, so that it can be filled. */
    readonly hasOwnDisk: boolean,
    private readonly door: Server,
  ) {}

  static async start(): Promise<FaultDatabase> {
    const folder = mkdtempSync(join(tmpdir(), 'blindspotx-fault-'));
    // PostgreSQL runs under an account of its own when this runs as root, and has to get through to its folder.
    chmodSync(folder, 0o711);
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m,mode=0755`, 'tmpfs', disk]);
    const door = createServer();
    const database = new FaultDatabase(folder, mounted.status === 0, door);
    door.on('connection', (socket) => database.admit(socket));
    await new Promise<void>((open) => door.listen(0, '127.0.0.1', open));
    await database.startAgain();
    return database;
  }

  /** Stays the same over every fault. */
  get url(): string {
    const address = this.door.address();
    const url = new URL(this.direct);
    url.port = String(typeof address === 'object' ? address?.port : address);
    return url.href;
  }

  /** What `pg_ctl stop -m immediate` does: no checkpoint, nothing is flushed, every connection breaks. */
  async stopAtOnce(): Promise<void> {
    const pid = this.postmaster();
    if (pid === null) throw new Error('PostgreSQL does not run');
    process.kill(pid, 'SIGQUIT');
    for (const deadline = Date.now() + PATIENCE_MS; isAlive(pid); await sleep(10)) {
      if (Date.now() > deadline) throw new Error('PostgreSQL did not stop');
    }
  }

  /** As a supervisor does: a server that ended is started, one that runs stays. Nothing in its folder is touched. */
  async startAgain(): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(200)) {
      try {
        await this.startOnce();
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }

  isRunning(): boolean {
    const pid = this.postmaster();
    return pid !== null && isAlive(pid);
  }

  fillDisk(): void {
    if (!this.hasOwnDisk) throw new Error('only a disk of its own is filled');
    const file = openSync(this.ballast, 'w');
    try {
      for (const bytes of [1 << 20, 1 << 12]) writeUntilFull(file, Buffer.alloc(bytes));
    } finally {
      closeSync(file);
    }
  }

  freeDisk(): void {
    rmSync(this.ballast, { force: true });
  }

  async close(): Promise<void> {
    this.freeDisk();
    for (const link of this.links) link.destroy();
    this.door.close();
    for (const starter of this.starters) {
      const ended = once(starter, 'exit');
      starter.stdin?.end();
      if (starter.exitCode === null && starter.signalCode === null) await ended;
    }
    if (this.hasOwnDisk) spawnSync('umount', ['-l', join(this.folder, 'disk')]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async startOnce(): Promise<void> {
    const dir = join(this.folder, 'disk', 'database');
    const starter = spawn(process.execPath, [join(__dirname, 'postgres-process.mjs'), dir, ...SETTINGS], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ended = once(starter, 'exit').then(([code]) => {
      throw new Error(`PostgreSQL could not be started: ${code}`);
    });
    ended.catch(() => undefined);
    const said = once(createInterface({ input: starter.stdout }), 'line');
    const { url, port } = JSON.parse(String(await Promise.race([said, ended]))) as { url: string; port: number };
    this.starters.push(starter);
    this.direct = url;
    this.port = port;
  }

  private get ballast(): string {
    return join(this.folder, 'disk', 'ballast');
  }

  private postmaster(): number | null {
    const file = join(this.folder, 'disk', 'database', 'pg', 'postmaster.pid');
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : null;
  }

  private admit(outside: Socket): void {
    const inside = connect(this.port, '127.0.0.1');
    const both = [outside, inside];
    for (const socket of both) {
      this.links.add(socket.setNoDelay(true));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.links.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    outside.pipe(inside).pipe(outside);
  }
}

function writeUntilFull(file: number, piece: Buffer): void {
  try {
    for (;;) if (writeSync(file, piece) < piece.length) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
