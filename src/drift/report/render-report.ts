import type { DriftReportDocument } from './drift-report.types.js';
import { renderCsv } from './render-csv.js';
import { renderHtml } from './render-html.js';
import { renderMarkdown } from './render-markdown.js';
import { renderSarif } from './render-sarif.js';
import { renderText } from './render-text.js';
import type { ReportFormat } from './report-formats.js';

/** A report as text that ends in a line end. Colour only ever in `text`. */
export function renderReport(report: DriftReportDocument, format: ReportFormat, colour = false): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`;
    case 'ndjson':
      return renderNdjson(report);
    case 'markdown':
      return renderMarkdown(report);
    case 'html':
      return renderHtml(report);
    case 'sarif':
      return renderSarif(report);
    case 'csv':
      return renderCsv(report);
    case 'text':
      return renderText(report, colour);
  }
}

/** The report without its changes on the first line, then one line a change; `kind` tells them apart. */
function renderNdjson({ changes, ...head }: DriftReportDocument): string {
  const lines = [{ kind: 'report', ...head }, ...changes.map((change) => ({ kind: 'change', ...change }))];
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}
