/** How a report can be written. */
export const REPORT_FORMATS = ['text', 'json', 'ndjson', 'markdown', 'html', 'sarif', 'csv'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];
