import type { Filter } from './filter.types.js';
import { invalidFilter } from './filter-tokens.js';
import { isJsonObject, memberOf } from './json-members.js';
import { type PageRequest, readPageRequest } from './page-request.js';
import { parseFilter } from './parse-filter.js';
import { type Projection, projectionOf } from './projection.js';
import { invalidSyntax } from './read-resource.js';
import type { ResourceSchema } from './resource-schema.js';

/** What a list is asked for (RFC 7644 3.4.2). Sorting isn't supported: the order is that of creation. */
export interface ScimQuery {
  filter: Filter | null;
  page: PageRequest;
  projection: Projection;
}

/**
 * A query, from the address or from the body of a search (RFC 7644 3.4.3). What isn't known is ignored.
 *
 * @throws DomainError scim.invalid_filter, scim.invalid_value, scim.invalid_syntax
 */
export function readQuery(given: unknown, schema: ResourceSchema): ScimQuery {
  if (!isJsonObject(given)) throw invalidSyntax('A query must be an object.');
  const filter = memberOf(given, 'filter');
  if (filter !== undefined && filter !== null && typeof filter !== 'string') {
    throw invalidFilter('There must be one filter, as text.');
  }
  return {
    filter: filter === undefined || filter === null ? null : parseFilter(filter),
    page: readPageRequest(memberOf(given, 'startIndex'), memberOf(given, 'count')),
    projection: projectionOf(given, schema),
  };
}
