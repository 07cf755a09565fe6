import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openApiDocument } from '../../src/app/openapi.js';
import type { Answer } from '../auth/auth-stage.js';

const BASE = '/scim/v2';
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
interface WithContent {
  content?: Record<string, { schema?: object }>;
}

const contracts = new WeakMap<INestApplication, ScimContract>();

/** What the OpenAPI description of a service promises of SCIM. */
export function scimContractOf(app: INestApplication): ScimContract {
  const contract = contracts.get(app) ?? new ScimContract(openApiDocument(app));
  contracts.set(app, contract);
  return contract;
}

/** Compares requests and answers with the description. */
export class ScimContract {
  private readonly answers: Ajv2020;
  private readonly requests: Ajv2020;
  private readonly compiled = new Map<string, ValidateFunction>();
  /** Requests that were accepted though the description doesn't have them. Clients may do that: names have no case. */
  readonly undescribed: string[] = [];
  /** Operations and statuses that were seen. */
  readonly seen = new Set<string>();

  constructor(private readonly document: OpenAPIObject) {
    this.requests = validatorOf(document.components?.schemas ?? {});
    // What an answer has must be described.
    this.answers = validatorOf(closed(document.components?.schemas ?? {}) as object);
  }

  /** @param path below /scim/v2, with or without a query @throws Error when the answer isn't as described */
  assertKept(method: string, path: string, sent: unknown, { status, headers, body }: Answer): void {
    const found = this.operation(method.toLowerCase(), path.replace(/\?.*$/s, ''));
    if (found === undefined) return;
    const { operation, name } = found;
    this.seen.add(`${name} ${status}`);
    const response = operation.responses[String(status)] as WithContent | undefined;
    if (response === undefined) throw new Error(`${name} answers ${status}, which the description does not have`);
    const media = (headers.get('content-type') ?? '').split(';')[0] ?? '';
    const [described] = Object.keys(response.content ?? {});
    if (described === undefined) {
      if (media !== '' || body['text'] !== '') throw new Error(`${name} ${status} has a body: ${media}`);
    } else {
      if (media !== described) throw new Error(`${name} ${status} is ${media} and not ${described}`);
      const fault = this.fault(this.answers, response.content?.[media]?.schema, body);
      if (fault !== null) throw new Error(`${name} ${status}: ${fault} in ${JSON.stringify(body)}`);
    }
    if (status < 300 && sent !== undefined) this.noteRequest(name, operation, sent);
  }

  private noteRequest(name: string, operation: Operation, sent: unknown): void {
    const { content } = (operation.requestBody ?? {}) as WithContent;
    const given: unknown = typeof sent === 'string' ? JSON.parse(sent) : sent;
    const fault = this.fault(this.requests, content?.['application/scim+json']?.schema, given);
    if (fault !== null) this.undescribed.push(`${name}: ${fault} in ${JSON.stringify(given)}`);
  }

  private fault(validator: Ajv2020, schema: object | undefined, value: unknown): string | null {
    const reference = (schema as { $ref?: string } | undefined)?.$ref;
    if (reference === undefined) return 'no schema';
    const key = `${validator === this.answers ? 'answer' : 'request'} ${reference}`;
    const validate = this.compiled.get(key) ?? validator.compile({ $ref: `openapi${reference}` });
    this.compiled.set(key, validate);
    return validate(value) ? null : validator.errorsText(validate.errors);
  }

  private operation(method: string, path: string): { operation: Operation; name: string } | undefined {
    const described = Object.keys(this.document.paths).filter((template) => template.startsWith(`${BASE}/`));
    // A template's {id} gives way to what is written out.
    const template = [...described.filter((one) => !one.includes('{')), ...described].find((one) =>
      new RegExp(`^${one.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(BASE + path),
    );
    if (template === undefined) return undefined;
    const operation = this.document.paths[template]?.[method as 'get'];
    return operation === undefined ? undefined : { operation, name: `${method} ${template}` };
  }
}

function validatorOf(schemas: object): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.addSchema({ $id: 'openapi', components: { schemas } });
}

/** The same schemas, whose objects have no other members than those that are named. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const members = Object.fromEntries(Object.entries(schema).map(([name, member]) => [name, closed(member)]));
  const isOpen = members['type'] === 'object' && members['properties'] !== undefined;
  return isOpen ? { additionalProperties: false, ...members } : members;
}
