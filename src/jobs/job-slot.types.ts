import type { Actor } from '../access/actor.js';
import type { JsonObject } from '../crypto/canonical-json.js';

export type SlotTrigger = 'schedule' | 'manual';

/** `missed`: nobody ran it while it was due, and by now it is too old to be worth running. */
export type SlotStatus = 'pending' | 'running' | 'completed' | 'failed' | 'missed';

/** The right to run one slot, valid until somebody with a higher fence has it. */
export interface SlotRun {
  /** job_slots.id; also the id under which a manual run is known to whoever asked for it. */
  id: string;
  job: string;
  key: string;
  trigger: SlotTrigger;
  slotAt: Date;
  /** bigint as text; every claim of any slot gets a higher one. */
  fence: string;
  /** 1 for the first run of the slot. */
  attempt: number;
  /** Null for a scheduled slot. */
  requestedBy: Actor | null;
  leaseSeconds: number;
}

/** The last run that a slot may have, whose instance stopped before the end; the slot is failed. */
export interface LostRun {
  /** Without a lease: `leaseSeconds` is 0. */
  run: SlotRun;
  /** One sentence for people: of the last failure before, if there was one. */
  reason: string;
}

/** A slot as its history shows it. */
export interface SlotRow {
  id: string;
  job: string;
  key: string;
  trigger: SlotTrigger;
  slotAt: Date;
  status: SlotStatus;
  attempts: number;
  reason: string | null;
  requestedBy: Actor | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  result: JsonObject | null;
}

/** How the slots of one (job, key) stand: what the health page shows. */
export interface SlotOverview {
  job: string;
  key: string;
  lastCompletedAt: Date | null;
  lastStatus: SlotStatus | null;
  lastReason: string | null;
  pending: number;
  running: number;
}

/** What became of an attempt to renew a lease. `busy`: the run is just being completed in a transaction of its own. */
export type Renewal = 'renewed' | 'busy' | 'finished' | 'overtaken';
