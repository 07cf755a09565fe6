import { hash } from 'node:crypto';
import { FINGERPRINT_BYTES, FingerprintTable } from './fingerprint-table.js';

const print = (n: number): Buffer => hash('sha256', `object ${n}`, 'buffer');
const prints = (from: number, to: number): Buffer[] =>
  Array.from({ length: to - from }, (_unused, i) => print(from + i));
const hexes = (bytes: Iterable<Buffer>): string[] =>
  Array.from(bytes).flatMap((block) =>
    Array.from({ length: block.length / FINGERPRINT_BYTES }, (_unused, i) =>
      block.subarray(i * FINGERPRINT_BYTES, (i + 1) * FINGERPRINT_BYTES).toString('hex'),
    ),
  );

describe('the fingerprints of a type', () => {
  it('knows exactly those that it was given', () => {
    const table = new FingerprintTable(Buffer.concat(prints(0, 20_000)));
    for (const one of prints(0, 20_000)) expect(table.wasMet(one)).toBe(false);
    for (const one of prints(0, 10_000)) expect(table.meet(one)).toBe(true);
    for (const one of prints(20_000, 30_000)) expect(table.meet(one)).toBe(false);
    expect(table.met).toBe(10_000);
    expect(table.wasMet(print(9_999))).toBe(true);
    expect(table.wasMet(print(10_000))).toBe(false);
    expect(table.wasMet(print(25_000))).toBe(false);
    expect(hexes(table.unmet(999)).sort()).toEqual(hexes(prints(10_000, 20_000)).sort());
  });

  it('counts one that is met twice once', () => {
    const table = new FingerprintTable(print(1));
    expect([table.meet(print(1)), table.meet(print(1)), table.met]).toEqual([true, true, 1]);
  });

  it('meets the same one as bytes and as text', () => {
    const table = new FingerprintTable(Buffer.concat(prints(0, 300)));
    for (const one of prints(0, 200)) expect(table.meetText(one.toString('binary'))).toBe(true);
    for (const one of prints(300, 400)) expect(table.meetText(one.toString('binary'))).toBe(false);
    expect([table.meet(print(0)), table.met]).toEqual([true, 200]);
    expect(prints(0, 400).filter((one) => table.wasMet(one))).toEqual(prints(0, 200));
  });

  it('is empty and says so', () => {
    const table = new FingerprintTable(Buffer.alloc(0));
    expect([table.meet(print(1)), table.wasMet(print(1)), table.total, [...table.unmet(1)]]).toEqual([
      false,
      false,
      0,
      [],
    ]);
  });

  it('tells apart those that differ in their last byte only, wherever the bytes lie in memory', () => {
    const many = Array.from({ length: 256 }, (_unused, n) => Buffer.concat([Buffer.alloc(31, 7), Buffer.of(n)]));
    const odd = Buffer.concat([Buffer.of(0), ...many]).subarray(1);
    const table = new FingerprintTable(odd.subarray(0, 100 * FINGERPRINT_BYTES));
    expect(many.filter((one) => table.meet(one))).toEqual(many.slice(0, 100));
  });
});
