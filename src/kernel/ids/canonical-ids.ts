import { getMetadataStorage } from 'class-validator';
import { isUuid } from './ids.js';

interface Members {
  ids: string[];
  nested: string[];
}

/** By class: the decorators of one are searched once. */
const KNOWN = new WeakMap<object, Members>();

/**
 * Brings every id of a DTO, by whatever member that IsUUID or ValidateNested stands on, into the form that rows have: small letters.
 * In place and for every DTO alike, so that no route has to think of it. @see IdPipe
 */
export function canonicaliseIds(dto: unknown): void {
  if (Array.isArray(dto)) {
    for (const member of dto) canonicaliseIds(member);
    return;
  }
  if (dto === null || typeof dto !== 'object') return;
  const record = dto as Record<string, unknown>;
  // What Fastify parsed and no DTO was declared for has no prototype.
  if (typeof dto.constructor !== 'function') return;
  const { ids, nested } = membersOf(dto);
  for (const name of ids) {
    const value = record[name];
    if (Array.isArray(value)) record[name] = value.map(canonical);
    else if (value !== undefined) record[name] = canonical(value);
  }
  for (const name of nested) canonicaliseIds(record[name]);
}

function canonical(value: unknown): unknown {
  return isUuid(value) ? value.toLowerCase() : value;
}

function membersOf({ constructor: dtoClass }: object): Members {
  const known = KNOWN.get(dtoClass);
  if (known !== undefined) return known;
  const rules = getMetadataStorage().getTargetValidationMetadatas(dtoClass, '', false, false);
  const named = (is: (rule: (typeof rules)[number]) => boolean) => [
    ...new Set(rules.filter(is).map(({ propertyName }) => propertyName)),
  ];
  const members = {
    ids: named(({ name }) => name === 'isUuid'),
    nested: named(({ type }) => type === 'nestedValidation'),
  };
  KNOWN.set(dtoClass, members);
  return members;
}
