import { isMap, isScalar, isSeq } from 'yaml';
import type { DocumentFaults } from './document-faults.js';
import type { PlainYaml } from './parse-plain-yaml.js';

/** A value of the document and where it stands. */
export interface Place {
  node: unknown;
  pointer: string;
}

/** Takes values out of a document and notes each that isn't what it should be. What is wrong is read as undefined or empty. */
export class YamlReader {
  constructor(
    private readonly yaml: PlainYaml,
    private readonly faults: DocumentFaults,
  ) {}

  get root(): Place {
    return { node: this.yaml.root, pointer: '' };
  }

  fault({ node, pointer }: Place, detail: string): void {
    this.faults.add(pointer, this.yaml.lineOf(node), detail);
  }

  /** The members of a mapping; each must be one of these and stand there once. */
  members(place: Place, known: readonly string[], required: readonly string[]): Map<string, Place> {
    const members = new Map<string, Place>();
    if (!isMap(place.node)) {
      this.fault(place, `a mapping with ${known.join(', ')} is expected`);
      return members;
    }
    for (const { key, value } of place.node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const at = { node: key, pointer: place.pointer };
      if (!known.includes(name))
        this.fault(at, `"${name.slice(0, 100)}" is not a known member; these are: ${known.join(', ')}`);
      else if (members.has(name)) this.fault(at, `"${name}" stands here twice`);
      else members.set(name, { node: value ?? key, pointer: `${place.pointer}/${name}` });
    }
    for (const name of required) if (!members.has(name)) this.fault(place, `"${name}" is missing`);
    return members;
  }

  items(place: Place | undefined, most: number): Place[] {
    if (place === undefined) return [];
    if (!isSeq(place.node)) {
      this.fault(place, 'a list is expected');
      return [];
    }
    if (place.node.items.length > most) {
      this.fault(place, `the list has more than ${most} items`);
      return [];
    }
    return place.node.items.map((node, index) => ({ node: node ?? place.node, pointer: `${place.pointer}/${index}` }));
  }

  text(place: Place | undefined, pattern: RegExp, expected: string): string | undefined {
    const value = this.scalar(place);
    if (place === undefined) return undefined;
    if (typeof value === 'string' && pattern.test(value) && value.isWellFormed()) return value;
    this.fault(place, `${expected} is expected`);
    return undefined;
  }

  wholeNumber(place: Place | undefined, least: number, most: number): number | undefined {
    const value = this.scalar(place);
    if (place === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    this.fault(place, `a whole number from ${least} to ${most} is expected`);
    return undefined;
  }

  truth(place: Place | undefined): boolean | undefined {
    const value = this.scalar(place);
    if (place === undefined) return undefined;
    if (typeof value === 'boolean') return value;
    this.fault(place, 'true or false is expected');
    return undefined;
  }

  /** @returns sorted; a text that stands there twice is a fault */
  texts(place: Place | undefined, most: number, pattern: RegExp, expected: string): string[] {
    const texts = new Set<string>();
    for (const item of this.items(place, most)) {
      const text = this.text(item, pattern, expected);
      if (text === undefined) continue;
      if (texts.has(text)) this.fault(item, `"${text}" stands here twice`);
      texts.add(text);
    }
    return [...texts].sort();
  }

  private scalar(place: Place | undefined): unknown {
    return place !== undefined && isScalar(place.node) ? place.node.value : undefined;
  }
}
