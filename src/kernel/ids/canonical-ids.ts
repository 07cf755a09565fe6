import { getMetadataStorage } from 'class-validator';
import { isUuid } from './ids.js';

interface Members {
  ids: string[];
  nested: string[];
}

// biome-ignore lint/complexity/noBannedTypes: a DTO class, as instances name it.
const KNOWN = new WeakMap<Function, Members>();

/**
 * Brings every id of a DTO, by whatever member that IsUUID or ValidateNested stands on, into the form that rows have: small letters.
 * In place and for every DTO alike, so that no route has to think of it. @see IdPipe
 */
export function canonicaliseIds(dto: unknown): void {
  if (Array.isArray(dto)) for (const member of dto) canonicaliseIds(member);
  if (dto === null || typeof dto !== 'object' || Array.isArray(dto)) return;
  const record = dto as Record<string, unknown>;
  // What Fastify parsed and no DTO was declared for has no prototype.
  if (typeof dto.constructor !== 'function') return;
  const { ids, nested } = membersOf(dto.constructor);
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

// biome-ignore lint/complexity/noBannedTypes: see above.
function membersOf(dto: Function): Members {
  const known = KNOWN.get(dto);
  if (known !== undefined) return known;
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const named = (is: (rule: (typeof rules)[number]) => boolean) => [
    ...new Set(rules.filter(is).map(({ propertyName }) => propertyName)),
  ];
  const members = {
    ids: named(({ name }) => name === 'isUuid'),
    nested: named(({ type }) => type === 'nestedValidation'),
  };
  KNOWN.set(dto, members);
  return members;
}
