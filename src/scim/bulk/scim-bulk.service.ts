import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { currentContext } from '../../kernel/context/request-context.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { ScimGroups } from '../groups/scim-groups.service.js';
import { BULK_RESPONSE_SCHEMA } from '../protocol/messages.js';
import { ResourceLocation } from '../resource-location.js';
import { ScimErrorFilter } from '../scim-error.filter.js';
import { ScimUsers } from '../users/scim-users.service.js';
import { withReferences } from './bulk-references.js';
import { type BulkOperation, readBulk } from './read-bulk.js';

/** Members would make an answer of bulk larger than anything that was asked. */
const SHOWN = { attributes: 'id' };

/**
 * Many changes in one request (RFC 7644 3.7): one after the other, each in a transaction of its own, what is referred to before
 * what refers to it.
 */
@Injectable()
export class ScimBulk {
  constructor(
    private readonly users: ScimUsers,
    private readonly groups: ScimGroups,
    private readonly location: ResourceLocation,
    private readonly faults: ScimErrorFilter,
  ) {}

  /** @throws DomainError scim.invalid_syntax, scim.too_large */
  async run(actor: CallerActor, body: unknown): Promise<JsonObject> {
    const { failOnErrors, operations } = readBulk(body);
    const made = new Map<string, string>();
    const waiting = new Map(operations.map((operation, index) => [index, operation]));
    const results = new Map<number, JsonObject>();
    let errors = 0;
    while (waiting.size > 0 && (failOnErrors === null || errors < failOnErrors)) {
      const [index, operation] = nextOf(waiting);
      waiting.delete(index);
      const result = await this.attempt(actor, operation, made);
      if (result['response'] !== undefined) errors += 1;
      results.set(index, result);
    }
    const inOrder = [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
    return { schemas: [BULK_RESPONSE_SCHEMA], Operations: inOrder };
  }

  private async attempt(actor: CallerActor, operation: BulkOperation, made: Map<string, string>): Promise<JsonObject> {
    const { method, bulkId } = operation;
    const about: JsonObject = { method, ...(bulkId === null ? {} : { bulkId }) };
    try {
      const missing = operation.references.find((reference) => !made.has(reference));
      if (missing !== undefined) {
        throw kernelError('request.conflict', { detail: `Nothing was made under the bulkId ${missing}.` });
      }
      const done = await this.perform(actor, {
        ...operation,
        id: operation.id === null ? null : String(withReferences(operation.id, made)),
        data: withReferences(operation.data, made),
      });
      if (bulkId !== null && method === 'POST') made.set(bulkId, done.id);
      const location = this.location.of(operation.resourceType, done.id);
      return { ...about, location, ...(done.version === null ? {} : { version: done.version }), status: done.status };
    } catch (thrown) {
      const { status, body } = this.faults.describe(thrown, currentContext()?.requestId ?? 'none');
      return { ...about, status: String(status), response: body };
    }
  }

  private async perform(
    actor: CallerActor,
    { method, resourceType, id, version, data }: BulkOperation,
  ): Promise<{ id: string; version: string | null; status: string }> {
    const resources = resourceType === 'Users' ? this.users : this.groups;
    if (id === null) {
      const made = await resources.create(actor, data, SHOWN);
      return { id: made.id, version: made.version, status: '201' };
    }
    switch (method) {
      case 'PUT':
        return { id, version: (await resources.replace(actor, id, version, data, SHOWN)).version, status: '200' };
      case 'DELETE':
        await resources.remove(actor, id, version);
        return { id, version: null, status: '204' };
      default: {
        const after = await resources.patch(actor, id, version, data, SHOWN);
        return { id, version: typeof after === 'string' ? after : after.version, status: '200' };
      }
    }
  }
}

/** The first that refers to nothing which is still to be made; of a circle the first one, which then fails. */
function nextOf(waiting: ReadonlyMap<number, BulkOperation>): [number, BulkOperation] {
  const toBeMade = new Set(
    [...waiting.values()].flatMap(({ method, bulkId }) => (method === 'POST' ? (bulkId ?? []) : [])),
  );
  const entries = [...waiting];
  const free = entries.find(
    ([, { bulkId, references }]) => !references.some((reference) => reference !== bulkId && toBeMade.has(reference)),
  );
  const [first] = entries;
  const next = free ?? first;
  if (next === undefined) throw new Error('no operation is waiting');
  return next;
}
