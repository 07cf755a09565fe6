import { newId } from '../../kernel/ids/ids.js';
import { ReportOrder } from './report-order.js';

const MIB = 1024 * 1024;

function packed(entries: [id: string, bytes: number][]): ReportOrder {
  return new ReportOrder(
    Buffer.concat(
      entries.map(([id, bytes]) => {
        const entry = Buffer.alloc(20);
        entry.write(id.replaceAll('-', ''), 'hex');
        entry.writeUInt32BE(bytes, 16);
        return entry;
      }),
    ),
  );
}

test('every change is on one page, in order, and no page holds more than memory should', () => {
  const entries = Array.from({ length: 3000 }, (_, n): [string, number] => [newId(), n % 7 === 0 ? MIB : 300]);
  const size = new Map(entries);
  const order = packed(entries);
  const pages = [...order.pages()];
  expect(order.count).toBe(3000);
  expect(pages.flat()).toEqual(entries.map(([id]) => id));
  for (const page of pages) {
    expect(page.length).toBeLessThanOrEqual(500);
    expect(page.reduce((sum, id) => sum + (size.get(id) ?? 0), 0)).toBeLessThanOrEqual(4 * MIB);
  }
});

test('what is larger than a page is a page by itself', () => {
  const entries: [string, number][] = [
    [newId(), 1],
    [newId(), 9 * MIB],
    [newId(), 9 * MIB],
    [newId(), 1],
  ];
  expect([...packed(entries).pages()].map((page) => page.length)).toEqual([1, 1, 1, 1]);
});

test('the first are as many as fit, and one at least', () => {
  const order = packed(Array.from({ length: 10 }, () => [newId(), MIB]));
  expect(order.first(4, 100 * MIB).count).toBe(4);
  expect(order.first(100, 3 * MIB).count).toBe(3);
  expect(order.first(100, 1).count).toBe(1);
  expect(packed([]).first(5, 5).count).toBe(0);
  expect([...packed([]).pages()]).toEqual([]);
});
