import type { DriftReportDocument, ReportedChange } from './drift-report.types.js';

/** A report but for its changes. */
export type ReportHead = Omit<DriftReportDocument, 'changes'>;

/** Writes a report change by change, so that it may be of any length. `head` first, then each change once, then `end`. */
export interface ReportWriter {
  head(): string;
  change(change: ReportedChange): string;
  end(): string;
}

/** One JSON object of these members and, between `before` and `after`, the changes. */
export function jsonWriter(before: object, after: object): ReportWriter {
  let separator = '';
  return {
    head: () => `${JSON.stringify(before).slice(0, -1)},"changes":[`,
    change: (change) => {
      const text = separator + JSON.stringify(change);
      separator = ',';
      return text;
    },
    end: () => `],${JSON.stringify(after).slice(1)}`,
  };
}

/** The report without its changes on the first line, then one line a change; `kind` tells them apart. */
export function ndjsonWriter(head: ReportHead): ReportWriter {
  const line = (value: object) => `${JSON.stringify(value)}\n`;
  return {
    head: () => line({ kind: 'report', ...head }),
    change: (change) => line({ kind: 'change', ...change }),
    end: () => '',
  };
}

export function writtenWhole(writer: ReportWriter, changes: ReportedChange[]): string {
  return [writer.head(), ...changes.map((change) => writer.change(change)), writer.end()].join('');
}

/** Page by page, the first with the head, so that what can't be read is known before anything is written. */
export async function* writtenInPieces(
  writer: ReportWriter,
  pages: AsyncIterable<ReportedChange[]>,
): AsyncGenerator<string> {
  let text = writer.head();
  for await (const page of pages) {
    for (const change of page) text += writer.change(change);
    if (text !== '') yield text;
    text = '';
  }
  yield text + writer.end();
}
