import { MAX_LINE_BYTES } from './bundle-lines.js';
import { BundleRefused } from './evidence.types.js';

const NEWLINE = 0x0a;
const FIRST_HELD_BYTES = 64 * 1024;

/** Gets a line as [start, end) of a buffer, which is only its own until the call returns. */
export type OnLine = (bytes: Buffer, start: number, end: number) => void;

/** Cuts a stream of bytes into lines, without copying those that lie in one piece. */
export class LineSplitter {
  /** The beginning of a line whose end hasn't come yet. */
  private held = Buffer.alloc(FIRST_HELD_BYTES);
  private length = 0;

  constructor(private readonly onLine: OnLine) {}

  /** @throws BundleRefused for a line that is too long, before it is kept */
  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      if (this.length === 0) {
        if (end - start > MAX_LINE_BYTES) throw tooLong();
        this.onLine(chunk, start, end);
      } else {
        this.hold(chunk, start, end);
        this.flush();
      }
      start = end + 1;
    }
    this.hold(chunk, start, chunk.length);
  }

  /** @throws BundleRefused when something stands after the last newline */
  end(): void {
    if (this.length > 0) throw new BundleRefused('truncated', 'it ends in the middle of a line');
  }

  private flush(): void {
    const length = this.length;
    this.length = 0;
    this.onLine(this.held, 0, length);
  }

  private hold(chunk: Buffer, start: number, end: number): void {
    const length = this.length + end - start;
    if (length > MAX_LINE_BYTES) throw tooLong();
    if (length > this.held.length) {
      const larger = Buffer.alloc(Math.min(2 * length, MAX_LINE_BYTES));
      this.held.copy(larger, 0, 0, this.length);
      this.held = larger;
    }
    chunk.copy(this.held, this.length, start, end);
    this.length = length;
  }
}

function tooLong(): BundleRefused {
  return new BundleRefused('line-too-long', `a line has at most ${MAX_LINE_BYTES} bytes`);
}
