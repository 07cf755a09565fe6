/** An export that can't be used: which file, where in it, and why, in one line for people. */
export class ExportError extends Error {
  readonly file: string;
  readonly where: string | null;

  constructor(file: string, why: string, where: string | null = null) {
    super(`${file}${where === null ? '' : ` ${where}`}: ${why}`);
    this.name = 'ExportError';
    this.file = file;
    this.where = where;
  }
}
