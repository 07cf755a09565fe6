import { ReadingLate } from './collect/reading-limit.js';

/** Tenants that one process reads at once, beside those that keep it waiting. */
export const ACTIVE_SCANS = 4;
/** Of these last ones; what was read of them so far is in memory. */
export const WAITING_SCANS = 8;
/** From here on only tenants are begun that didn't keep us waiting the last time. */
const ALL_SCANS = ACTIVE_SCANS + WAITING_SCANS;
/** Nothing useful for so long: the place is free for another tenant. */
export const STALLED_MS = 5000;
/** Nothing useful for so long, and others wait for a place that there isn't: what was read so far has to do. */
export const CUT_MS = 30_000;

/** How a tenant answers, as its Graph client sees it. */
export interface Progress {
  stalledMs(): number;
  readonly lastOutcome: string | null;
}

/** The place of one scan. */
export interface ScanPlace {
  /** Aborts, with ReadingLate, when the reading has to end. */
  readonly enough: AbortSignal;
  leave(): void;
}

interface PlacedScan {
  tenantId: string;
  progress: () => Progress | null;
  cut: AbortController;
  hasStalled: boolean;
}

/**
 * Who may be scanned now. A tenant that throttles or hangs gives its place away until it answers again, and when there are many of these,
 * the one that stood still longest ends with what was read of it: so that no number of them keeps a healthy tenant from its turn.
 */
export class ScanPlaces {
  private readonly scans = new Set<PlacedScan>();
  /** Tenants that kept us waiting in the newest scan that this process ran. */
  private readonly slow = new Set<string>();

  /** To be called before anything is waited for: who asks next may not find the place free. */
  take(tenantId: string, progress: () => Progress | null): ScanPlace {
    const scan: PlacedScan = { tenantId, progress, cut: new AbortController(), hasStalled: false };
    this.scans.add(scan);
    return {
      enough: scan.cut.signal,
      leave: () => {
        this.scans.delete(scan);
        if (!scan.hasStalled) this.slow.delete(tenantId);
      },
    };
  }

  /** Whom not to begin with now; null when nobody may be. */
  except(): string[] | null {
    const waiting = this.waiting().length;
    if (this.scans.size >= ALL_SCANS || this.scans.size - waiting >= ACTIVE_SCANS) return null;
    return waiting < WAITING_SCANS ? [] : [...this.slow];
  }

  /** For when somebody waits who may not begin. */
  makeRoom(): void {
    const waiting = this.waiting();
    if (waiting.length < WAITING_SCANS) return;
    const [longest] = waiting.filter(({ scan }) => !scan.cut.signal.aborted).sort((a, b) => b.stalledMs - a.stalledMs);
    if (longest === undefined || longest.stalledMs < CUT_MS) return;
    const { scan, stalledMs } = longest;
    const { lastOutcome } = scan.progress() ?? { lastOutcome: null };
    const newest = lastOutcome === null ? 'no answer' : lastOutcome;
    scan.cut.abort(
      new ReadingLate(
        `It was not read: the tenant gave nothing for ${Math.floor(stalledMs / 1000)} s (${newest}), and others waited for their scan.`,
      ),
    );
  }

  private waiting(): { scan: PlacedScan; stalledMs: number }[] {
    const waiting = [];
    for (const scan of this.scans) {
      const stalledMs = scan.progress()?.stalledMs() ?? 0;
      if (stalledMs < STALLED_MS) continue;
      scan.hasStalled = true;
      this.slow.add(scan.tenantId);
      waiting.push({ scan, stalledMs });
    }
    return waiting;
  }
}
