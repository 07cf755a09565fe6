import type { RoleContent } from './fact-change.js';
import { addBits, type PermissionNumbers } from './permission-numbers.js';

interface RoleNode {
  /** Numbers of its own permissions. */
  permissions: readonly number[];
  /** Numbers of the roles it inherits from directly. */
  parents: readonly number[];
  /** Numbers of the roles that inherit from it directly. */
  children: Set<number>;
  /** Everything that it holds; null until it is asked for again. */
  closure: Uint32Array | null;
  /** The version of the roles since which that is so. */
  since: number;
}

/** Roles as numbers, and what each holds with all that it inherits, as a bitset that is made when it is needed. */
export class CompiledRoles {
  /** Greater after each change. Whoever remembers what a role holds compares it, instead of being told. */
  version = 0;
  private readonly numbers = new Map<string, number>();
  private readonly nodes: RoleNode[] = [];
  /** Put and not looked at since: what they change above them is found once for all of them. */
  private readonly unsettled = new Set<number>();
  private words: number;

  constructor(private readonly permissions: PermissionNumbers) {
    this.words = permissions.words;
  }

  /** Also of a role that isn't known yet, which holds nothing. */
  numberOf(roleId: string): number {
    let number = this.numbers.get(roleId);
    if (number === undefined) {
      number = this.nodes.push({ permissions: [], parents: [], children: new Set(), closure: null, since: 0 }) - 1;
      this.numbers.set(roleId, number);
    }
    return number;
  }

  /** @param content null when the role is gone */
  put(roleId: string, content: RoleContent | null): void {
    const number = this.numberOf(roleId);
    const node = this.nodes[number];
    if (node === undefined) return;
    for (const parent of node.parents) this.nodes[parent]?.children.delete(number);
    node.permissions = (content?.permissions ?? []).map((name) => this.permissions.numberOf(name));
    node.parents = (content?.parents ?? []).map((parent) => this.numberOf(parent));
    for (const parent of node.parents) this.nodes[parent]?.children.add(number);
    this.version++;
    this.unsettled.add(number);
  }

  /** Whether what a role holds may be another than at that version. */
  hasChanged(number: number, since: number): boolean {
    this.settle();
    return (this.nodes[number]?.since ?? 0) > since;
  }

  /** Not to be written to. */
  closureOf(number: number): Uint32Array {
    this.settle();
    if (this.words !== this.permissions.words) {
      this.words = this.permissions.words;
      for (const node of this.nodes) node.closure = null;
    }
    const kept = this.nodes[number]?.closure;
    if (kept !== null && kept !== undefined) return kept;
    const bits = new Uint32Array(this.words);
    const ancestors = new Set([number]);
    for (const ancestor of ancestors) {
      const node = this.nodes[ancestor];
      if (node === undefined) continue;
      if (node.closure !== null) {
        addBits(bits, node.closure);
        continue;
      }
      for (const permission of node.permissions) {
        const word = permission >>> 5;
        bits[word] = (bits[word] ?? 0) | (1 << (permission & 31));
      }
      for (const parent of node.parents) ancestors.add(parent);
    }
    const node = this.nodes[number];
    if (node !== undefined) node.closure = bits;
    return bits;
  }

  /** Forgets what was put, and everything that inherits from it, held before. */
  private settle(): void {
    if (this.unsettled.size === 0) return;
    // A set hands out what is added while it is walked.
    for (const number of this.unsettled) {
      const node = this.nodes[number];
      if (node === undefined) continue;
      node.closure = null;
      node.since = this.version;
      for (const child of node.children) this.unsettled.add(child);
    }
    this.unsettled.clear();
  }
}
