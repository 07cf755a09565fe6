/** One row of a table in docs/security/asvs.md. */
export interface AsvsRow {
  id: string;
  level: string;
  /** What the fourth cell says: parts between `<br>`. */
  parts: string[];
}

export interface NamedTest {
  file: string;
  title: string;
}

/** The text of a file of the repository by its path from the root; null when there is none. */
export type ReadFile = (path: string) => string | null;

const TEST = /^`([^`]+)`: `([^`]+)`$/;
const REASON = /^Reason: (.{20,})$/;
const LINK = /\[[^\]]+\]\(([^)]+)\)/g;
const FOLDER = 'docs/security/';

export function readRows(page: string): AsvsRow[] {
  const lines = page.split('\n').filter((line) => /^\|\s*\d/.test(line));
  return lines.map((line) => {
    const [, id = '', level = '', , how = ''] = line.split('|').map((cell) => cell.trim());
    return { id, level, parts: how.split('<br>').map((part) => part.trim()) };
  });
}

/** Parts that say what is still to be done. */
export function openParts(rows: AsvsRow[]): string[] {
  return rows.flatMap(({ id, parts }) => parts.filter((part) => /\btodo\b/i.test(part)).map((part) => `${id} ${part}`));
}

/** What is wrong with the parts that claim to be done: neither test nor reason, no such test, no such place. */
export function faultsOf(rows: AsvsRow[], page: string, readFile: ReadFile): string[] {
  return rows.flatMap(({ id, parts }) =>
    parts
      .filter((part) => openParts([{ id, level: '', parts: [part] }]).length === 0)
      .flatMap((part) => faultsOfPart(part, page, readFile).map((fault) => `${id} ${fault}`)),
  );
}

function faultsOfPart(part: string, page: string, readFile: ReadFile): string[] {
  const [, file, title] = TEST.exec(part) ?? [];
  if (file !== undefined && title !== undefined) {
    return hasTest(readFile(file), title) ? [] : [`names a test that ${file} does not have or skips: ${title}`];
  }
  const [, reason] = REASON.exec(part) ?? [];
  if (reason === undefined) return [`is neither a test nor a reason: ${part}`];
  return deadLinks(reason, page, readFile).map((link) => `links to nothing: ${link}`);
}

/** Whether the file holds a test of exactly this title, which is neither skipped nor commented out. */
export function hasTest(source: string | null, title: string): boolean {
  const code = (source ?? '').replace(/^\s*\/\/.*$/gm, '').replace(/^\s*\/\*[\s\S]*?\*\//gm, '');
  if (/\b(?:it|test|describe)\.(?:skip|todo|failing)\b|\b(?:xit|xtest|xdescribe)\s*[(.]/.test(code)) return false;
  const literal = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?:\\b(?:it|test)|\\))\\(\\s*(['"\`])${literal}\\1,`).test(code);
}

function deadLinks(text: string, page: string, readFile: ReadFile): string[] {
  return [...text.matchAll(LINK)]
    .map(([, target = '']) => target)
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const linked = path === '' ? page : readFile(new URL(path, `file:///${FOLDER}`).pathname.slice(1));
      return linked === null || (anchor !== undefined && !anchorsOf(linked).includes(anchor));
    });
}

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
