import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { ScimGroups } from '../groups/scim-groups.service.js';
import { isJsonObject } from '../protocol/json-members.js';
import { listResponse } from '../protocol/messages.js';
import { readPageRequest } from '../protocol/page-request.js';
import { invalidSyntax } from '../protocol/read-resource.js';
import { ScimUsers } from '../users/scim-users.service.js';

/** A search over users and groups together (RFC 7644 3.4.3): people first. */
@Injectable()
export class ScimSearch {
  constructor(
    private readonly users: ScimUsers,
    private readonly groups: ScimGroups,
  ) {}

  /** @throws DomainError scim.invalid_filter, scim.too_many, scim.invalid_value */
  async run(actor: CallerActor, body: unknown): Promise<JsonObject> {
    if (!isJsonObject(body)) throw invalidSyntax('A query must be an object.');
    const { startIndex, count } = readPageRequest(body['startIndex'], body['count']);
    const people = await this.users.search(actor, { ...body, startIndex, count });
    const [found, total] = [resourcesOf(people), Number(people['totalResults'])];
    const groups = await this.groups.search(actor, {
      ...body,
      startIndex: Math.max(1, startIndex - total),
      count: count - found.length,
    });
    return listResponse([...found, ...resourcesOf(groups)], total + Number(groups['totalResults']), startIndex);
  }
}

function resourcesOf({ Resources }: JsonObject): JsonObject[] {
  return Array.isArray(Resources) ? Resources.filter(isJsonObject) : [];
}
