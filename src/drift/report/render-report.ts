import type { DriftReportDocument } from './drift-report.types.js';
import { csvWriter } from './render-csv.js';
import { renderHtml } from './render-html.js';
import { renderMarkdown } from './render-markdown.js';
import { sarifWriter } from './render-sarif.js';
import { renderText } from './render-text.js';
import type { ReportFormat } from './report-formats.js';
import { ndjsonWriter, type ReportHead, type ReportWriter, writtenWhole } from './report-writer.js';

/** What is written for people to look at as a whole; the others may be of any length. */
export type PageFormat = 'html' | 'markdown' | 'text';

/** A report as text that ends in a line end. Colour only ever in `text`. */
export function renderReport(report: DriftReportDocument, format: ReportFormat, colour = false): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`;
    case 'html':
    case 'markdown':
    case 'text':
      return renderPage(report, format, { omitted: 0, colour });
    case 'ndjson':
    case 'csv':
    case 'sarif': {
      const { changes, ...head } = report;
      return writtenWhole(reportWriter(head, format), changes);
    }
  }
}

/** @param omitted changes that the report has beside these, none of them graver: the page says how many */
export function renderPage(
  report: DriftReportDocument,
  format: PageFormat,
  { omitted, colour }: { omitted: number; colour: boolean },
): string {
  if (format === 'html') return renderHtml(report, omitted);
  return format === 'markdown' ? renderMarkdown(report, omitted) : renderText(report, omitted, colour);
}

export function reportWriter(head: ReportHead, format: 'ndjson' | 'csv' | 'sarif'): ReportWriter {
  if (format === 'ndjson') return ndjsonWriter(head);
  return format === 'csv' ? csvWriter(head) : sarifWriter(head);
}
