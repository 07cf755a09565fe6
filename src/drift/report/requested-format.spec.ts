import { requestedFormat } from './requested-format.js';

describe('the format that Accept asks for', () => {
  test.each([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/json', 'json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['text/csv;q=0.5, application/sarif+json;q=0.9', 'sarif'],
    ['text/csv;q=0', 'json'],
    ['text/csv;q=0, text/markdown;q=0.001', 'markdown'],
    ['TEXT/CSV', 'csv'],
    ['text/csv; header=present; q=0.2, text/plain; q=0.1', 'csv'],
    ['text/html;q=abc', 'json'],
    ['text/html;q=2', 'json'],
    ['image/png', 'json'],
    [`${'x,'.repeat(100_000)}text/csv`, 'json'],
  ])('%s', (accept, format) => {
    expect(requestedFormat(accept)).toBe(format);
  });
});
