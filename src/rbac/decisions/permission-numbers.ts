const FIRST_WORDS = 8;

/** Permissions as bit numbers. A number is never given to another name, so that what is compiled stays true. */
export class PermissionNumbers {
  /** Those that exist. */
  readonly existing = new Map<string, number>();
  /** Length of every bitset, in words of 32. It doubles when it must; what was compiled before is then too short. */
  words = FIRST_WORDS;
  private readonly numbers = new Map<string, number>();
  private readonly names: string[] = [];

  add(name: string): void {
    this.existing.set(name, this.numberOf(name));
  }

  remove(name: string): void {
    this.existing.delete(name);
  }

  /** Also of a name that doesn't exist yet: a role may be told of before its permissions are. */
  numberOf(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.numbers.set(name, number);
      while (number >= this.words * 32) this.words *= 2;
    }
    return number;
  }

  /** The names of those that exist and whose number is had. */
  namesWhere(has: (number: number) => boolean): Set<string> {
    const names = new Set<string>();
    for (const [name, number] of this.existing) if (has(number)) names.add(name);
    return names;
  }
}

export function hasBit(bits: Uint32Array, number: number): boolean {
  return (((bits[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1;
}

export function addBits(to: Uint32Array, from: Uint32Array): void {
  for (let word = 0; word < from.length; word++) to[word] = (to[word] ?? 0) | (from[word] ?? 0);
}
