import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The API's own description and the page that shows it: files, the same for everybody. */
const DOCUMENTATION = /^\/api\/(?:docs|openapi\.json)(?:\/|$)/;
/** A line of Fastify's tree: four columns a level, the rest of the path, the methods. */
const LINE = /^((?:[│ ] {3})*)[├└]── (\S+) \(([A-Z, ]+)\)$/;

/** Every route that the HTTP server answers, asked of the server itself: `GET /api/v1/users`. */
export function mountedRoutes(app: NestFastifyApplication): string[] {
  const tree = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  const above: string[] = [];
  const found = new Set<string>();
  for (const line of tree.split('\n').filter(Boolean)) {
    const [, indent, rest, methods] = LINE.exec(line) ?? [];
    if (indent === undefined || rest === undefined || methods === undefined)
      throw new Error(`no line of routes: ${line}`);
    const depth = indent.length / 4;
    const path = (above[depth - 1] ?? '') + rest;
    above.length = depth;
    above.push(path);
    if (DOCUMENTATION.test(path)) continue;
    for (const method of methods.split(', ')) found.add(`${method} ${path}`);
  }
  return [...found].sort();
}
