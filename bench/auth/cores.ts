import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const SERVER_CORE = '0';
const LOAD_CORE = '1';

/** Whether servers have a core of their own here. */
export interface Layout {
  pinned: boolean;
  description: string;
  /** The command that starts Node with these arguments on the servers' core. */
  serverCommand(nodeArguments: string[]): { command: string; args: string[] };
}

/**
 * Takes this process to the load's core; what it starts afterwards (PostgreSQL, load generators) inherits that, and servers
 * are started on the other.
 */
export function layOutCores(): Layout {
  // Once: whoever is on one core already sees no second one.
  layout ??= laidOut();
  return layout;
}

let layout: Layout | undefined;

function laidOut(): Layout {
  const pinned = availableParallelism() > 1 && taskset('-a', '-cp', LOAD_CORE, String(process.pid));
  return {
    pinned,
    description: pinned
      ? `server on core ${SERVER_CORE}; load generator and PostgreSQL on core ${LOAD_CORE}`
      : 'not pinned to cores (taskset or a second core is missing): compare with care',
    serverCommand: (nodeArguments) =>
      pinned
        ? { command: 'taskset', args: ['-c', SERVER_CORE, process.execPath, ...nodeArguments] }
        : { command: process.execPath, args: nodeArguments },
  };
}

function taskset(...args: string[]): boolean {
  return spawnSync('taskset', args, { stdio: 'ignore' }).status === 0;
}

/** User and system time of a process and all its threads, in seconds (proc(5), fields 14 and 15 of stat). */
export function cpuSeconds(pid: number): number {
  const stat = readStat(pid);
  if (stat === null) throw new Error(`no /proc/${pid}/stat: CPU time is read on Linux only, of a server that is alive`);
  return (Number(stat[USER]) + Number(stat[SYSTEM])) / ticksPerSecond();
}

/** The same of a process with all children that it outlived, and of those that live. */
export function cpuSecondsWithChildren(parent: number): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const ticks = pids.map((pid) => {
    const stat = readStat(Number(pid));
    if (stat === null) return 0;
    if (Number(pid) === parent) return sum(stat.slice(USER, CHILDREN_SYSTEM + 1));
    return Number(stat[PARENT]) === parent ? sum(stat.slice(USER, SYSTEM + 1)) : 0;
  });
  return sum(ticks) / ticksPerSecond();
}

export function parentOf(pid: number): number {
  return Number(readStat(pid)?.[PARENT]);
}

/** Where they are among the fields after the command. */
const PARENT = 1;
const USER = 11;
const SYSTEM = 12;
const CHILDREN_SYSTEM = 14;

/** Fields 3 and on: the command in parentheses before them may hold spaces. Null when there is no such process. */
function readStat(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function sum(values: readonly (string | number)[]): number {
  return values.reduce((total: number, value) => total + Number(value), 0);
}

let ticks: number | undefined;

function ticksPerSecond(): number {
  ticks ??= Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;
  return ticks;
}
