import { isAlias, isMap, isNode, isScalar, isSeq, Lexer, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { documentError } from './access-document.errors.js';
import { MAX_DOCUMENT_BYTES } from './access-document.types.js';

/** A document of this kind has four levels. */
const MAX_FLOW_DEPTH = 8;
const MAX_INDICATORS_PER_LINE = 4;
const MAX_INDENTATION = 64;
/** Values, indicators and line breaks: more than a megabyte of any real document has. */
const MAX_TOKENS = 250_000;

/** What the lexer puts before a plain scalar and before the text of a block. */
const SCALAR = '\u001f';
const A_SCALAR = 'a scalar';
const QUOTED = /^["']/;
const UNTAKEN = /^[&*!%]/;

/** YAML without what a document of this kind has no use for, and the line of each of its nodes. */
export interface PlainYaml {
  root: Node | null;
  /** @returns from 1 */
  lineOf(node: unknown): number;
}

/**
 * Reads YAML 1.2 or JSON. Aliases, anchors, tags and several documents in one are refused, and so is nesting that no such document
 * needs, before the parser is asked: some of it would be its end.
 *
 * @throws DomainError rbac.document_invalid
 */
export function parsePlainYaml(text: string): PlainYaml {
  if (Buffer.byteLength(text, 'utf8') > MAX_DOCUMENT_BYTES) throw invalid(1, 'the document is longer than 1 MiB');
  assertHarmless(text);
  const lines = new LineCounter();
  // Keys are compared where they are read: the parser would compare each with each.
  const document = parseDocument(text, {
    schema: 'core',
    version: '1.2',
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) throw invalid(lineAt(fault.pos[0]), fault.message);
  visit(document, {
    Node: (_key, node) => {
      const line = lineAt(node.range?.[0] ?? 0);
      if (isAlias(node)) throw invalid(line, 'aliases are not taken');
      if (node.anchor !== undefined) throw invalid(line, 'anchors are not taken');
      if (node.tag !== undefined) throw invalid(line, 'tags are not taken');
      if (!isMap(node) && !isSeq(node) && !isScalar(node)) throw invalid(line, 'this is not taken');
    },
  });
  return {
    root: document.contents,
    lineOf: (node) => (isNode(node) ? lineAt(node.range?.[0] ?? 0) : 1),
  };
}

/**
 * The parser goes down as deep as the text says: near the end of the stack V8 ends the whole process, which nothing can catch. It
 * also keeps each of its errors, so that what it takes for a megabyte of them is seconds and a gigabyte.
 */
function assertHarmless(text: string): void {
  let [line, flow, indicators, tokens] = [1, 0, 0, 0];
  let previous = '';
  for (const token of new Lexer().lex(text)) {
    const isScalar = previous === SCALAR;
    const before = previous;
    previous = token;
    if (token === SCALAR) {
      if (before === A_SCALAR) throw invalid(line, 'a value follows a value');
      continue;
    }
    const lineBreaks = token.split('\n').length - 1;
    const isBlank = token.trim() === '';
    if ((!isBlank || lineBreaks > 0) && ++tokens > MAX_TOKENS) throw invalid(line, `more than ${MAX_TOKENS} parts`);
    if (isScalar || QUOTED.test(token)) {
      if (!isScalar && before === A_SCALAR) throw invalid(line, 'a value follows a value');
      line += lineBreaks;
      // What it says is nobody's structure; a block ends its line.
      const isEnded = token.endsWith('\n');
      if (isEnded) indicators = 0;
      previous = isEnded ? '' : A_SCALAR;
      continue;
    }
    if (lineBreaks > 0) {
      line += lineBreaks;
      indicators = 0;
    } else if (isBlank) {
      if (token.length > MAX_INDENTATION) throw invalid(line, 'it is indented too far');
      // Blanks separate nothing.
      previous = before;
    } else if (UNTAKEN.test(token)) throw invalid(line, 'aliases, anchors, tags and directives are not taken');
    else if (token === '[' || token === '{') flow++;
    else if (token === ']' || token === '}') flow--;
    else if (token === ',' && (before === ',' || flow < 1)) throw invalid(line, 'a comma stands here for nothing');
    else if (flow === 0 && (token === '-' || token === '?' || token === ':')) indicators++;
    if (flow < 0) throw invalid(line, 'a bracket is closed that was not opened');
    if (flow > MAX_FLOW_DEPTH || (flow === 0 && indicators > MAX_INDICATORS_PER_LINE)) {
      throw invalid(line, 'it is nested too deeply');
    }
  }
}

function invalid(line: number, detail: string) {
  const told = `line ${line}: ${detail}`;
  return documentError('rbac.document_invalid', {
    detail: told,
    errors: [{ pointer: '/document', code: 'yaml', detail: told }],
  });
}
