/**
 * The generic cell rate algorithm: of each source only one time is kept, `freeAt`, when everything that it has used will have
 * been refilled. A use moves it on by one interval; it may be as far ahead as the whole burst takes to refill.
 *
 * All times are Unix milliseconds by the database's clock.
 */
export const BURST_MS = 60_000;

/** Time in which one use is refilled. */
export function intervalMs(perMinute: number): number {
  return BURST_MS / perMinute;
}

/** When a use now would leave the source free again. */
export function freeAtAfter(freeAtMs: number, nowMs: number, interval: number): number {
  return Math.max(freeAtMs, nowMs) + interval;
}

/** Milliseconds until one more use fits into the burst; 0 when it fits now. */
export function waitMs(freeAtMs: number, nowMs: number, interval: number): number {
  return Math.max(0, freeAtAfter(freeAtMs, nowMs, interval) - nowMs - BURST_MS);
}
