import { isAlias, isMap, isNode, isScalar, isSeq, Lexer, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { documentError } from './access-document.errors.js';
import { MAX_DOCUMENT_BYTES } from './access-document.types.js';

/** A document of this kind has four levels. */
const MAX_FLOW_DEPTH = 8;
const MAX_INDICATORS_PER_LINE = 4;
const MAX_INDENTATION = 64;

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
  assertShallow(text);
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

function assertShallow(text: string): void {
  let line = 1;
  let flow = 0;
  let indicators = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flow++;
    else if (token === ']' || token === '}') flow--;
    else if (token === '-' || token === '?' || token === ':') indicators++;
    else if (token.includes('\n')) {
      line += token.split('\n').length - 1;
      indicators = 0;
    } else if (token.trim() === '' && token.length > MAX_INDENTATION) throw invalid(line, 'it is indented too far');
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
