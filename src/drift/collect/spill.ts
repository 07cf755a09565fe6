import { SpillFile } from './spill-file.js';

/** Characters of contents that a reading holds in memory of what is new; scans of small tenants never write a file. */
const HELD_CHARACTERS = 16_000_000;

/** What one reading holds in memory and in files of what is new in the tenant. */
export class Spill {
  private readonly files: SpillFile[] = [];
  private left: number;
  private isOver = false;

  /** @param open where there is no place for files everything is held in memory */
  constructor(
    characters = HELD_CHARACTERS,
    private readonly open: () => SpillFile | null = () => SpillFile.open(),
  ) {
    this.left = characters;
  }

  /** Whether a content of this length may be held in memory; it counts as held then. */
  holds(characters: number): boolean {
    if (characters > this.left) return false;
    this.left -= characters;
    return true;
  }

  /** A file of its own for whoever asks. */
  file(): SpillFile | null {
    const file = this.isOver ? null : this.open();
    if (file === null) this.isOver = true;
    else this.files.push(file);
    return file;
  }

  /** Nothing of the reading is asked for any more. */
  close(): void {
    this.isOver = true;
    for (const file of this.files.splice(0)) file.close();
  }
}
