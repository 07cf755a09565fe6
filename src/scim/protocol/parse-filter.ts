import { attributePath } from './attribute-path.js';
import type { Comparison, ComparisonOperator, Filter, FilterValue, Presence } from './filter.types.js';
import { filterTokens, invalidFilter, type Token } from './filter-tokens.js';
import type { AttributePath } from './resource-schema.js';

/** Brackets within brackets. */
export const MAX_FILTER_DEPTH = 10;
/** Comparisons in a filter. */
export const MAX_FILTER_TERMS = 50;

const OPERATORS = new Set<string>(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Reads a filter (RFC 7644 3.4.2.2): `not` binds closest, then `and`, then `or`; names and operators in any case.
 *
 * @throws DomainError scim.invalid_filter; also for more than 1,000 characters, 50 comparisons or 10 levels
 */
export function parseFilter(text: string): Filter {
  const parser = new FilterParser(filterTokens(text));
  const filter = parser.disjunction(0);
  parser.expectEnd();
  return filter;
}

/** Recursive descent over the tokens; also reads the value filter of a PATCH path. */
export class FilterParser {
  private at = 0;
  private terms = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  disjunction(depth: number): Filter {
    return this.chain('or', () => this.chain('and', () => this.factor(depth)));
  }

  /** The path of a PATCH that selects elements: `emails[type eq "work"]`, perhaps with `.value` (RFC 7644 3.5.2). */
  elementsTarget(): { path: AttributePath; where: Filter; sub: string | null } {
    const path = this.path();
    if (!this.takeSign('[')) throw invalidFilter('A "[" is missing.');
    const where = this.disjunction(1);
    if (!this.takeSign(']')) throw invalidFilter('A "[" is not closed.');
    const sub = this.subAttribute();
    this.expectEnd();
    return { path, where, sub };
  }

  expectEnd(): void {
    if (this.at < this.tokens.length) throw invalidFilter('There is more behind its end.');
  }

  private chain(kind: 'and' | 'or', operand: () => Filter): Filter {
    const first = operand();
    const terms = [first];
    while (this.takeWord(kind)) terms.push(operand());
    return terms.length === 1 ? first : { kind, terms };
  }

  private factor(depth: number): Filter {
    if (depth >= MAX_FILTER_DEPTH) throw invalidFilter(`A filter nests ${MAX_FILTER_DEPTH} levels at most.`);
    if (this.takeSign('(')) return this.group(depth);
    if (this.nextWordIs('not') && this.tokens[this.at + 1]?.kind === '(') {
      this.at += 2;
      return { kind: 'not', term: this.group(depth) };
    }
    const path = this.path();
    if (!this.takeSign('[')) return this.test(path);
    const where = this.disjunction(depth + 1);
    if (!this.takeSign(']')) throw invalidFilter('A "[" is not closed.');
    return { kind: 'elements', path, where, also: this.continuation() };
  }

  private group(depth: number): Filter {
    const inner = this.disjunction(depth + 1);
    if (!this.takeSign(')')) throw invalidFilter('A "(" is not closed.');
    return inner;
  }

  /** `.value eq "a"` behind a bracket, which Entra writes though the grammar has no place for it. */
  private continuation(): Comparison | Presence | null {
    const sub = this.subAttribute();
    return sub === null ? null : this.test({ urn: null, attribute: sub, sub: null });
  }

  private subAttribute(): string | null {
    const token = this.tokens[this.at];
    if (token?.kind !== 'word' || !token.text.startsWith('.')) return null;
    const path = attributePath(token.text.slice(1));
    if (path === null || path.urn !== null || path.sub !== null) {
      throw invalidFilter('A sub-attribute is not understood.');
    }
    this.at += 1;
    return path.attribute;
  }

  private test(path: AttributePath): Comparison | Presence {
    this.terms += 1;
    if (this.terms > MAX_FILTER_TERMS) throw invalidFilter(`A filter has ${MAX_FILTER_TERMS} comparisons at most.`);
    const operator = this.word('an operator').toLowerCase();
    if (operator === 'pr') return { kind: 'present', path };
    if (!OPERATORS.has(operator)) throw invalidFilter('An operator is not one of eq ne co sw ew gt ge lt le pr.');
    return { kind: 'compare', path, operator: operator as ComparisonOperator, value: this.value() };
  }

  private path(): AttributePath {
    const path = attributePath(this.word('an attribute'));
    if (path === null) throw invalidFilter('An attribute is not understood.');
    return path;
  }

  private value(): FilterValue {
    const token = this.tokens[this.at];
    this.at += 1;
    if (token?.kind === 'string') return token.value;
    const text = token?.kind === 'word' ? token.text.toLowerCase() : '';
    if (text === 'true' || text === 'false') return text === 'true';
    if (text === 'null') return null;
    if (NUMBER.test(text)) return Number(text);
    throw invalidFilter('A value is missing or not one of JSON.');
  }

  private word(what: string): string {
    const token = this.tokens[this.at];
    if (token?.kind !== 'word') throw invalidFilter(`There must be ${what}.`);
    this.at += 1;
    return token.text;
  }

  private takeWord(text: string): boolean {
    const taken = this.nextWordIs(text);
    if (taken) this.at += 1;
    return taken;
  }

  private nextWordIs(text: string): boolean {
    const token = this.tokens[this.at];
    return token?.kind === 'word' && token.text.toLowerCase() === text;
  }

  private takeSign(kind: '(' | ')' | '[' | ']'): boolean {
    if (this.tokens[this.at]?.kind !== kind) return false;
    this.at += 1;
    return true;
  }
}
