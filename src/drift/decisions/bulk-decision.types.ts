import type { CallerActor } from '../../access/actor.js';
import type { DecisionKind } from './decision.types.js';

/** Rows of one bulk decision. */
export const MAX_BULK_ROWS = 1000;

/** Runs of the job that try a row before it is given up: what is wrong with the row alone, none mends. */
export const MAX_ROW_ATTEMPTS = 5;

export interface BulkRequest {
  kind: DecisionKind;
  reason: string;
  until: Date | null;
  /** The changes with the versions that whoever decides has seen; each change once. */
  rows: { changeId: string; version: number }[];
}

export interface BulkDecision {
  id: string;
  /** Who handed it in, as they were then. */
  actor: CallerActor;
  kind: DecisionKind;
  reason: string;
  until: Date | null;
  total: number;
  decided: number;
  refused: number;
  /** Given up after MAX_ROW_ATTEMPTS: by our fault. */
  failed: number;
  createdAt: Date;
  /** Null while rows wait. */
  finishedAt: Date | null;
}

export interface BulkRow {
  position: number;
  changeId: string;
  version: number;
  /** Null while it waits. */
  outcome: 'decided' | 'refused' | 'failed' | null;
  /** Of the error, where it was refused or failed. */
  code: string | null;
  title: string | null;
  decidedAt: Date | null;
}
