import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const docs = join(__dirname, '..', '..', 'docs');
const page = readFileSync(join(docs, 'guides', 'drift-requests.md'), 'utf8');
const openApi = JSON.parse(readFileSync(join(docs, 'contract', 'openapi.json'), 'utf8'));

interface Example {
  title: string;
  method: string;
  path: string;
  status: string;
  blocks: [kind: string, body: unknown][];
}

const examples: Example[] = page
  .split('\n## ')
  .slice(1)
  .map((section) => {
    const [title = ''] = section.split('\n');
    const [, method = '', path = '', status = ''] = /^`(\w+) ([^`]+)`.* answers (\d+):$/m.exec(section) ?? [];
    const blocks = [...section.matchAll(/```json (request|answer)\n([\s\S]*?)```/g)];
    return {
      title,
      method: method.toLowerCase(),
      path: `/api/v1${path}`,
      status,
      blocks: blocks.map(([, kind = '', text = '']) => [kind, JSON.parse(text)]),
    };
  });

describe('docs/guides/drift-requests.md', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(openApi, 'openapi');
  const faultsOf = (place: string[], body: unknown) => {
    const pointer = place.map((name) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = ajv.compile({ $ref: `openapi#/${pointer}` });
    return validate(body) ? [] : validate.errors;
  };
  /** Also members that no schema has: the answer of an older version has them. */
  const membersOf = (place: string[]): string[] => {
    const at = (from: unknown, name: string) => (from as Record<string, unknown>)[name];
    const schema = place.reduce(at, openApi) as { $ref?: string; properties?: object };
    return schema.$ref === undefined
      ? Object.keys(schema.properties ?? {})
      : membersOf(schema.$ref.split('/').slice(1));
  };

  it.each(examples)('$title', ({ method, path, status, blocks }) => {
    const operation = openApi.paths[path]?.[method];
    expect(operation).toBeDefined();
    expect(blocks.length).toBeGreaterThan(0);
    for (const [kind, body] of blocks) {
      const where = kind === 'request' ? ['requestBody'] : ['responses', status];
      const type = kind === 'answer' && Number(status) >= 400 ? 'application/problem+json' : 'application/json';
      const place = ['paths', path, method, ...where, 'content', type, 'schema'];
      expect(faultsOf(place, body)).toEqual([]);
      expect(Object.keys(body as object).filter((name) => !membersOf(place).includes(name))).toEqual([]);
    }
  });

  it('has every act on a change', () => {
    const acts = examples.map(({ method, path }) => `${method} ${path.replace('/api/v1/drift/', '')}`);
    for (const act of ['accept', 'ignore', 'deny', 'reopen']) expect(acts).toContain(`post changes/{id}/${act}`);
    for (const act of ['baselines', 'bulk-decisions', 'proposals', 'remediations', 'setting-proposals'])
      expect(acts).toContain(`post ${act}`);
  });
});
