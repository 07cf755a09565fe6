import pg from 'pg';
import { cpuSecondsWithChildren, parentOf } from './cores.js';

/** @returns a function that tells the CPU time of PostgreSQL so far, all of its processes, in seconds */
export async function databaseCpu(databaseUrl: string): Promise<() => number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const postmaster = parentOf(rows[0]?.pid ?? 0);
    return () => cpuSecondsWithChildren(postmaster);
  } finally {
    await client.end();
  }
}
