import { type ArgumentMetadata, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import type { FieldError } from '../kernel/errors/domain-error.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { canonicaliseIds } from '../kernel/ids/canonical-ids.js';
import { precompiledOf } from '../kernel/validation/precompiled.js';

/** Bodies and queries become DTOs: what a DTO doesn't declare is refused, what it declares is checked, its ids get their one form. */
export function validationPipe(): ValidationPipe {
  return new DtoPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    stopAtFirstError: true,
    validationError: { target: false },
    exceptionFactory: (errors) =>
      kernelError('request.invalid', { errors: errors.flatMap((error) => fieldErrors(error, '')) }),
  });
}

class DtoPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && precompiledOf(metadata.metatype)?.(value) === true) return value;
    const dto: unknown = await super.transform(value, metadata);
    canonicaliseIds(dto);
    return dto;
  }
}

/** The values of the errors are looked at here and never shown. */
function fieldErrors(error: ValidationError, parent: string): FieldError[] {
  const pointer = `${parent}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  // Whichever rule comes first would say how long what isn't there may be.
  if (error.value === undefined && error.constraints !== undefined)
    return [{ pointer, code: 'required', detail: `${error.property} is required` }];
  const own = Object.entries(error.constraints ?? {}).map(([code, detail]) => ({ pointer, code, detail }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, pointer))];
}

const MAX_DEPTH = 32;

/**
 * Refuses what no text column can hold and no person means: NUL, lone surrogates, absurd nesting. Runs before any DTO, so
 * that no route has to think of it.
 *
 * @throws DomainError request.invalid with the JSON Pointer of the place
 */
export function assertPlainInput(value: unknown, pointer = '', depth = 0): void {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) throw invalidText(pointer);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  if (depth > MAX_DEPTH)
    throw kernelError('request.invalid', { detail: `The request nests deeper than ${MAX_DEPTH} levels.` });
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue;
    assertPlainInput(name, pointer, depth + 1);
    assertPlainInput((value as Record<string, unknown>)[name], `${pointer}/${name}`, depth + 1);
  }
}

function invalidText(pointer: string) {
  return kernelError('request.invalid', {
    errors: [{ pointer, code: 'text', detail: 'contains a NUL character or half of a surrogate pair' }],
  });
}
