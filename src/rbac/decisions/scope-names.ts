/** Scopes as numbers, each kept once and only while an assignment is on it. */
export class ScopeNames {
  readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly uses: number[] = [];
  private readonly freed: number[] = [];

  /** Counts one use more. */
  use(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.freed.pop() ?? this.names.length;
      this.names[number] = name;
      this.uses[number] = 0;
      this.numbers.set(name, number);
    }
    this.uses[number] = (this.uses[number] ?? 0) + 1;
    return number;
  }

  release(number: number): void {
    const left = (this.uses[number] ?? 0) - 1;
    this.uses[number] = left;
    if (left > 0) return;
    this.numbers.delete(this.names[number] ?? '');
    this.names[number] = '';
    this.freed.push(number);
  }

  nameOf(number: number): string {
    return this.names[number] ?? '';
  }
}
