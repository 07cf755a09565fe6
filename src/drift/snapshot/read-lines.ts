import { closeSync, openSync, readSync } from 'node:fs';

/** One line of a file: its bytes without the line end, valid only during the visit. */
export interface RawLine {
  bytes: Buffer;
  /** Offset of its first byte in the file. */
  offset: number;
  /** From 1. */
  number: number;
}

const CHUNK_BYTES = 1024 * 1024;
/** One object of a tenant; a longer line is no export of ours. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** A line that is too long to be an object's. */
export class LineTooLongError extends Error {
  readonly line: number;

  constructor(line: number) {
    super(`the line is longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB`);
    this.name = 'LineTooLongError';
    this.line = line;
  }
}

/**
 * Hands the lines of a file to a visitor, read a megabyte at a time, until the visitor answers false; memory doesn't grow
 * with the file. Empty lines are skipped; a carriage return before the line feed and a byte order mark are left out.
 *
 * @throws LineTooLongError, and the errors of node:fs
 */
export function readLines(file: string, visit: (line: RawLine) => boolean | undefined): void {
  const handle = openSync(file, 'r');
  try {
    let buffer: Buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let held = 0;
    let base = 0;
    let number = 0;
    for (;;) {
      if (held === buffer.length) {
        if (held >= MAX_LINE_BYTES) throw new LineTooLongError(number + 1);
        buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
      }
      const bytesRead = readSync(handle, buffer, held, buffer.length - held, null);
      const filled = buffer.subarray(0, held + bytesRead);
      let start = 0;
      for (let end = filled.indexOf(0x0a, held); end >= 0; end = filled.indexOf(0x0a, start)) {
        number += 1;
        if (visitLine(filled, start, end, base, number, visit) === false) return;
        start = end + 1;
      }
      if (bytesRead === 0) {
        if (start < filled.length) visitLine(filled, start, filled.length, base, number + 1, visit);
        return;
      }
      filled.copyWithin(0, start);
      held = filled.length - start;
      base += start;
    }
  } finally {
    closeSync(handle);
  }
}

function visitLine(
  buffer: Buffer,
  from: number,
  to: number,
  base: number,
  number: number,
  visit: (line: RawLine) => boolean | undefined,
): boolean | undefined {
  let start = from;
  let end = to;
  if (end > start && buffer[end - 1] === 0x0d) end -= 1;
  if (number === 1 && buffer[start] === 0xef && buffer[start + 1] === 0xbb && buffer[start + 2] === 0xbf) start += 3;
  return end > start ? visit({ bytes: buffer.subarray(start, end), offset: base + start, number }) : undefined;
}
