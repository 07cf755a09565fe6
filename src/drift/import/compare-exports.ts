import { loadRules } from '../classify/load-rules.js';
import type { DriftRule } from '../classify/rule.types.js';
import { TYPES_OF_CONTROLS } from '../controls/catalogue.js';
import { compareControls } from '../controls/compare-controls.js';
import { type ControlSource, NOTHING_ALLOWED } from '../controls/control-input.js';
import { buildOfflineReport, reportOn } from '../report/build-offline-report.js';
import type { DriftReportDocument } from '../report/drift-report.types.js';
import type { TenantSnapshot } from '../snapshot/snapshot.types.js';
import { compareSnapshotFiles } from './compare-snapshot-files.js';
import { openExport } from './read-export.js';
import { SnapshotFile } from './snapshot-file.js';

export interface ComparedExports {
  report: DriftReportDocument;
  /** For people, about the exports themselves. */
  warnings: string[];
}

/**
 * The whole offline job: two exports in, one report out.
 *
 * @param rules those that come with the product, when absent
 * @throws ExportError
 */
export async function compareExports(
  beforePath: string,
  afterPath: string,
  rules: DriftRule[] = loadRules(),
): Promise<ComparedExports> {
  const [before, after] = [await openExport(beforePath), await openExport(afterPath)];
  if (before instanceof SnapshotFile && after instanceof SnapshotFile) {
    const drift = compareSnapshotFiles(before, after);
    const controls = compareControls(fileSource(before), fileSource(after), NOTHING_ALLOWED);
    const report = reportOn(drift, rules, { before, after, breakGlassIds: new Set() }, controls);
    return { report, warnings: warningsOn(before.header.tenantId, after.header.tenantId) };
  }
  const was = inMemory(before);
  const is = inMemory(after);
  return { report: buildOfflineReport(was, is, rules), warnings: warningsOn(was.tenantId, is.tenantId) };
}

/** Controls read few types, all of them small; one pass over the file finds them. */
function fileSource(file: SnapshotFile): ControlSource {
  file.load(TYPES_OF_CONTROLS);
  return { lookup: file.lookup(), types: file.header.types };
}

function inMemory(opened: SnapshotFile | TenantSnapshot): TenantSnapshot {
  return opened instanceof SnapshotFile ? opened.read() : opened;
}

function warningsOn(before: string | null, after: string | null): string[] {
  if (before === null || after === null || before === after) return [];
  return [`the exports name two tenants, ${before} and ${after}`];
}
