import type { Json } from '../../crypto/canonical-json.js';
import { BYTE_ORDER_MARK, csvLine } from '../../kernel/text/csv-line.js';
import type { IncompleteType, ReportedChange } from './drift-report.types.js';
import { printable, whyNotAssessed } from './printable.js';
import type { ReportHead, ReportWriter } from './report-writer.js';

const END = '\r\n';

const COLUMNS: readonly (readonly [string, (change: ReportedChange) => string | null])[] = [
  ['severity', ({ severity }) => severity],
  ['direction', ({ direction }) => direction],
  ['state', ({ state }) => state],
  ['resourceType', ({ resourceType }) => resourceType],
  ['resourceKey', ({ resourceKey }) => printable(resourceKey)],
  ['displayName', ({ displayName }) => (displayName === null ? null : printable(displayName))],
  ['changeType', ({ changeType }) => changeType],
  ['path', ({ path }) => printable(path)],
  ['before', ({ before }) => valueText(before)],
  ['after', ({ after }) => valueText(after)],
  ['title', ({ title }) => printable(title)],
  ['rules', ({ rules }) => rules.join(' ')],
  ['references', ({ references }) => references.join(' ')],
  ['actorType', ({ actor }) => actor?.type ?? null],
  ['actorId', ({ actor }) => (actor === null ? null : printable(actor.id))],
  ['actorName', ({ actor }) => (actor?.displayName == null ? null : printable(actor.displayName))],
  ['attribution', ({ attribution }) => attribution],
  ['changeSetId', ({ changeSetId }) => changeSetId],
  ['id', ({ id }) => id],
];

/**
 * RFC 4180 with a byte order mark, safe to open in a spreadsheet; a line a change. What wasn't assessed stands as lines of its own,
 * with `not assessed` for the severity and the reason for the title: a table without a line must not look like "no drift".
 */
export function csvWriter({ incomplete }: ReportHead): ReportWriter {
  const line = (fields: (string | null)[]) => csvLine(fields) + END;
  return {
    head: () => BYTE_ORDER_MARK + line(COLUMNS.map(([name]) => name)),
    change: (change) => line(COLUMNS.map(([, read]) => read(change))),
    end: () => incomplete.map((hole) => line(COLUMNS.map(([name]) => notAssessed(hole, name)))).join(''),
  };
}

function notAssessed(hole: IncompleteType, column: string): string | null {
  if (column === 'severity') return 'not assessed';
  if (column === 'resourceType') return hole.resourceType;
  return column === 'title' ? printable(whyNotAssessed(hole)) : null;
}

/** Text as it is, everything else as JSON; null is an empty field. */
function valueText(value: Json): string | null {
  if (value === null) return null;
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}
