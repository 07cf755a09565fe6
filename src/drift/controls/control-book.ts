import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { ControlVerdict } from '../report/drift-report.types.js';
import type { ComparedControls } from './compare-controls.js';
import type { ControlResult } from './control.types.js';
import { ControlVerdictsRepository } from './control-verdicts.repository.js';
import type { DriftControl } from './drift-control.entity.js';
import { FindingSeals, type SealedFinding } from './finding-seals.service.js';

/** Evidence that is kept of a verdict; the rest can be read from the snapshot. */
export const MOST_EVIDENCE_KEPT = 50;

export interface BookedControls {
  tenantId: string;
  /** Of the snapshot and its report. */
  sequence: number;
  takenAt: Date;
  compared: Pick<ComparedControls, 'controls' | 'results'>;
}

/** A verdict that is another than the last one that was assessed. */
export interface MovedControl {
  id: string;
  before: ControlVerdict;
  after: ControlVerdict;
}

/** Keeps the verdicts of controls, and says which moved. */
@Injectable()
export class ControlBook {
  constructor(
    private readonly repository: ControlVerdictsRepository,
    private readonly seals: FindingSeals,
  ) {}

  /** @returns the controls that are met or not met now and were the other when last assessed */
  async book(tx: Transaction, { tenantId, sequence, takenAt, compared }: BookedControls): Promise<MovedControl[]> {
    const standing = await this.repository.findCurrent(tx, tenantId);
    const current = new Map(standing.map((row) => [row.controlId, row]));
    const inBaseline = new Map(compared.controls.map(({ id, before }) => [id, before]));
    const known = new Set(compared.results.map(({ id }) => id));
    // What the catalogue no longer has ends with the first report that doesn't list it.
    const closed = standing.filter(({ controlId }) => !known.has(controlId)).map(({ id }) => id);
    const opened: DriftControl[] = [];
    const moved: MovedControl[] = [];
    for (const [position, result] of compared.results.entries()) {
      const baselineVerdict = inBaseline.get(result.id) ?? 'not-assessed';
      const was = current.get(result.id);
      if (was !== undefined && was.verdict === result.verdict && was.baselineVerdict === baselineVerdict) {
        await this.renewFinding(tx, was, result);
        continue;
      }
      if (was !== undefined) closed.push(was.id);
      const last = was?.lastAssessed ?? null;
      if (last !== null && result.verdict !== 'not-assessed' && result.verdict !== last)
        moved.push({ id: result.id, before: last, after: result.verdict });
      const same = was?.verdict === result.verdict ? was : null;
      const text = textOf(result);
      const place = { id: newId(), tenantId };
      opened.push({
        ...place,
        controlId: result.id,
        position,
        firstReport: sequence,
        closedReport: null,
        baselineVerdict,
        verdict: result.verdict,
        previousVerdict: same === null ? (was?.verdict ?? null) : same.previousVerdict,
        lastAssessed: result.verdict === 'not-assessed' ? last : result.verdict,
        since: same?.since ?? takenAt,
        findingHash: hashOf(text),
        sealedFinding: await this.seals.seal(place, text),
      });
    }
    await this.repository.close(tx, closed, sequence);
    await this.repository.insert(tx, opened);
    return moved;
  }

  /** The same verdict may hang on other objects than before. */
  private async renewFinding(tx: Transaction, row: DriftControl, result: ControlResult): Promise<void> {
    const text = textOf(result);
    const findingHash = hashOf(text);
    if (findingHash.equals(row.findingHash)) return;
    await this.repository.updateFinding(tx, {
      ...row,
      findingHash,
      sealedFinding: await this.seals.seal(row, text),
    });
  }
}

function textOf({ reason, evidence }: ControlResult): string {
  const kept: SealedFinding = { reason, evidence: evidence.slice(0, MOST_EVIDENCE_KEPT) };
  return JSON.stringify(kept);
}

function hashOf(text: string): Buffer {
  return Buffer.from(hash('sha256', text), 'hex');
}
