import { REPORT_FORMATS, type ReportFormat } from './report-formats.js';

/** How each format is sent, and how its files are called. */
export const REPORT_MEDIA: Readonly<Record<ReportFormat, { type: string; extension: string }>> = {
  json: { type: 'application/json', extension: 'json' },
  ndjson: { type: 'application/x-ndjson', extension: 'ndjson' },
  html: { type: 'text/html', extension: 'html' },
  markdown: { type: 'text/markdown', extension: 'md' },
  sarif: { type: 'application/sarif+json', extension: 'sarif' },
  csv: { type: 'text/csv', extension: 'csv' },
  text: { type: 'text/plain', extension: 'txt' },
};

const MAX_RANGES = 20;

/**
 * What `Accept` asks for (RFC 9110, 12.5.1): of the formats that it names, the one with the most weight, the first of equals. JSON
 * where it names none of them, as without the header: whoever asks for anything gets what the API speaks.
 */
export function requestedFormat(accept: string | undefined): ReportFormat {
  let best: { format: ReportFormat; weight: number } | null = null;
  for (const range of (accept ?? '').split(',', MAX_RANGES)) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const format = REPORT_FORMATS.find((one) => REPORT_MEDIA[one].type === name);
    const weight = weightOf(parameters);
    if (format !== undefined && weight > (best?.weight ?? 0)) best = { format, weight };
  }
  return best?.format ?? 'json';
}

function weightOf(parameters: string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  if (text === undefined) return 1;
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text) ? Number(text) : 0;
}
