import { kernelError } from '../kernel/errors/kernel.errors.js';

/** Signature, no flags, no extension of the header. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const NO_MORE_ROWS = -1;
const NULL = -1;
/** A longer text is faster written by the runtime than letter by letter. */
const SHORT = 48;
const UUID_BYTES = 16;
const DASH = 45;
/** Where the dashes of a UUID stand. */
const isDashAt = (at: number) => at === 8 || at === 13 || at === 18 || at === 23;
/** Value of a hexadecimal digit by its code, above 15 for whatever is none. */
const DIGITS = Uint8Array.from({ length: 128 }, (_none, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase());
  return digit === -1 ? 0xff : digit;
});

/** Rows in the binary form of COPY (PostgreSQL's manual, COPY, "Binary Format"): lengths before values, nothing to escape. */
export class BinaryRows {
  private bytes: Buffer;
  private end = HEADER.byteLength;

  /**
   * @param columns of each row
   * @param expected bytes of all rows, roughly
   */
  constructor(
    private readonly columns: number,
    expected: number,
  ) {
    this.bytes = Buffer.allocUnsafeSlow(HEADER.byteLength + Math.max(expected, 1024));
    this.bytes.set(HEADER, 0);
  }

  /** The next row; its columns follow, one call each. */
  row(): void {
    this.reserve(2);
    this.end = this.bytes.writeInt16BE(this.columns, this.end);
  }

  text(value: string | null): void {
    if (value === null) {
      this.none();
      return;
    }
    // UTF-8 has at most three bytes for a UTF-16 code unit.
    this.reserve(4 + 3 * value.length);
    const start = this.end + 4;
    const length = value.length <= SHORT ? this.ascii(value, start) : undefined;
    this.end = start + (length ?? this.bytes.write(value, start));
    this.bytes.writeInt32BE(this.end - start, start - 4);
  }

  /** @throws DomainError request.invalid for what is no UUID, as PostgreSQL would */
  uuid(value: string | null): void {
    if (value === null) {
      this.none();
      return;
    }
    this.reserve(4 + UUID_BYTES);
    let at = this.bytes.writeInt32BE(UUID_BYTES, this.end);
    let faults = value.length ^ 36;
    for (let from = 0; from < 36; from += 2) {
      if (isDashAt(from)) {
        faults |= value.charCodeAt(from) ^ DASH;
        from += 1;
      }
      const high = DIGITS[value.charCodeAt(from)] ?? 0xff;
      const low = DIGITS[value.charCodeAt(from + 1)] ?? 0xff;
      faults |= (high | low) & 0xf0;
      this.bytes[at++] = (high << 4) | low;
    }
    if (faults !== 0) throw kernelError('request.invalid', { detail: 'A value cannot be stored as given.' });
    this.end = at;
  }

  binary(value: Uint8Array | null): void {
    if (value === null) {
      this.none();
      return;
    }
    this.reserve(4 + value.byteLength);
    this.bytes.set(value, this.bytes.writeInt32BE(value.byteLength, this.end));
    this.end += 4 + value.byteLength;
  }

  /** All of it. No row can follow. */
  finish(): Buffer {
    this.reserve(2);
    this.end = this.bytes.writeInt16BE(NO_MORE_ROWS, this.end);
    return this.bytes.subarray(0, this.end);
  }

  private none(): void {
    this.reserve(4);
    this.end = this.bytes.writeInt32BE(NULL, this.end);
  }

  /** @returns the length; undefined when it isn't ASCII, and what was written doesn't count */
  private ascii(value: string, start: number): number | undefined {
    const { bytes } = this;
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code > 127) return undefined;
      bytes[start + at] = code;
    }
    return value.length;
  }

  private reserve(count: number): void {
    if (this.end + count <= this.bytes.byteLength) return;
    const larger = Buffer.allocUnsafeSlow(2 * this.bytes.byteLength + count);
    larger.set(this.bytes.subarray(0, this.end), 0);
    this.bytes = larger;
  }
}
