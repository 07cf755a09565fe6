import { Injectable, type PipeTransform } from '@nestjs/common';
import { kernelError } from '../errors/kernel.errors.js';
import { isUuid } from './ids.js';

/**
 * The id in a path, in the form that rows have: PostgreSQL takes a UUID in any letters and gives it in small ones, so that one in
 * capitals would be found by a statement and missed by whoever compares what was found. Every route takes ids through this.
 */
@Injectable()
export class IdPipe implements PipeTransform<unknown, string> {
  /** @throws DomainError request.invalid */
  transform(value: unknown): string {
    if (!isUuid(value)) throw kernelError('request.invalid', { detail: 'The id in the address must be a UUID.' });
    return value.toLowerCase();
  }
}
