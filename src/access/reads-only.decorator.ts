import { SetMetadata } from '@nestjs/common';

export const READS_ONLY = Symbol('reads-only');

/**
 * A POST that asks and changes nothing: its body is a question that no address has room for. There is no outcome to record, and
 * its answer waits for nothing.
 */
export const ReadsOnly = () => SetMetadata<symbol, true>(READS_ONLY, true);
