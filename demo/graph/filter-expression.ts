import { isJsonObject, type Json, type JsonObject } from '../store/json.types.js';
import { badRequest } from './graph-failure.js';

export type Predicate = (row: JsonObject) => boolean;

const TOKEN = /\s*('(?:[^']|'')*'|[(),:]|[A-Za-z_@][\w@./-]*|-?\d[\w:.+-]*)/y;

/**
 * Reads the part of OData's $filter that the tenant answers: comparisons, `in`, `and`, `or`, `not`, `startswith`, and
 * `any` over a list. Throws a 400 as Graph does when it doesn't understand.
 */
export function parseFilter(text: string): Predicate {
  const reader = new FilterReader(text);
  const predicate = reader.disjunction();
  reader.end();
  return predicate;
}

class FilterReader {
  private readonly tokens: string[] = [];
  private position = 0;

  constructor(private readonly text: string) {
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const found = TOKEN.exec(text);
      if (!found?.[1]) throw this.invalid();
      this.tokens.push(found[1]);
    }
  }

  disjunction(): Predicate {
    let left = this.conjunction();
    while (this.takeIf('or')) {
      const [a, b] = [left, this.conjunction()];
      left = (row) => a(row) || b(row);
    }
    return left;
  }

  end(): void {
    if (this.position < this.tokens.length) throw this.invalid();
  }

  private conjunction(): Predicate {
    let left = this.term();
    while (this.takeIf('and')) {
      const [a, b] = [left, this.term()];
      left = (row) => a(row) && b(row);
    }
    return left;
  }

  private term(): Predicate {
    if (this.takeIf('not')) {
      const inner = this.term();
      return (row) => !inner(row);
    }
    if (this.takeIf('(')) {
      const inner = this.disjunction();
      this.expect(')');
      return inner;
    }
    const name = this.take();
    if (name === 'startswith') return this.startsWith();
    if (name.endsWith('/any')) return this.any(name.slice(0, -'/any'.length));
    return this.comparison(name);
  }

  private comparison(path: string): Predicate {
    const operator = this.take();
    if (operator === 'in') {
      this.expect('(');
      const values: Json[] = [this.literal()];
      while (this.takeIf(',')) values.push(this.literal());
      this.expect(')');
      return (row) => values.some((value) => compare(valueAt(row, path), value) === 0);
    }
    const value = this.literal();
    const test = COMPARISONS[operator];
    if (!test) throw this.invalid();
    return (row) => test(compare(valueAt(row, path), value));
  }

  private startsWith(): Predicate {
    this.expect('(');
    const path = this.take();
    this.expect(',');
    const value = String(this.literal()).toLowerCase();
    this.expect(')');
    return (row) =>
      String(valueAt(row, path) ?? '')
        .toLowerCase()
        .startsWith(value);
  }

  private any(path: string): Predicate {
    this.expect('(');
    const variable = this.take();
    this.expect(':');
    const inner = this.disjunction();
    this.expect(')');
    return (row) => {
      const list = valueAt(row, path);
      return Array.isArray(list) && list.some((element) => inner({ [variable]: element }));
    };
  }

  private literal(): Json {
    const token = this.take();
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (token === 'true' || token === 'false') return token === 'true';
    if (token === 'null') return null;
    return /^-?\d+(\.\d+)?$/.test(token) ? Number(token) : token;
  }

  private take(): string {
    const token = this.tokens[this.position++];
    if (token === undefined) throw this.invalid();
    return token;
  }

  private takeIf(token: string): boolean {
    if (this.tokens[this.position] !== token) return false;
    this.position += 1;
    return true;
  }

  private expect(token: string): void {
    if (!this.takeIf(token)) throw this.invalid();
  }

  private invalid(): Error {
    return badRequest(`Invalid filter clause: '${this.text}'.`);
  }
}

const COMPARISONS: Record<string, (order: number | undefined) => boolean> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order !== undefined && order > 0,
  ge: (order) => order !== undefined && order >= 0,
  lt: (order) => order !== undefined && order < 0,
  le: (order) => order !== undefined && order <= 0,
};

const DATE = /^\d{4}-\d\d-\d\dT/;

/** -1, 0 or 1; undefined where the two can't be ordered. Texts compare without case, as they do in Graph. */
function compare(left: Json | undefined, right: Json): number | undefined {
  if (left === undefined || left === null || right === null) return (left ?? null) === right ? 0 : undefined;
  if (typeof left === 'string' && typeof right === 'string') {
    const [a, b] =
      DATE.test(left) && DATE.test(right) ? [instant(left), instant(right)] : [left.toLowerCase(), right.toLowerCase()];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (typeof left !== typeof right || typeof left === 'object') return undefined;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Times with up to seven digits of a second, made comparable as text. */
function instant(text: string): string {
  const milliseconds = new Date(text).toISOString().slice(0, -1);
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return milliseconds + fraction.slice(3).padEnd(4, '0');
}

function valueAt(row: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = row;
  for (const member of path.split('/'))
    value = isJsonObject(value) && Object.hasOwn(value, member) ? value[member] : undefined;
  return value;
}
