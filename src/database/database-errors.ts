import type { DomainError } from '../kernel/errors/domain-error.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';

/** PostgreSQL's SQLSTATE codes that say something to a caller (appendix A of its manual). */
const INVALID_INPUT = new Set(['22P05', '22021', '22P02', '22003', '22007', '22008', '22023', '23502', '23514']);
const UNAVAILABLE = new Set(['57014', '53300', '53400', '57P01', '57P02', '57P03', '53100', '25006', '55P03']);
const RETRYABLE = new Set(['40001', '40P01']);
const CONNECTION_FAULTS = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH']);

const constraintErrors = new Map<string, () => DomainError>();

/** Says once what a violated constraint means; services then don't look before they write. */
export function constraintMeans(constraint: string, error: () => DomainError): void {
  constraintErrors.set(constraint, error);
}

interface DriverError {
  code?: string;
  constraint?: string;
  message?: string;
}

/** Runs database work and turns the driver's errors into ours; anything else passes through. */
export async function withDatabaseErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error) ?? error;
  }
}

function translate(error: unknown): DomainError | undefined {
  const driver = ((error as { driverError?: DriverError }).driverError ?? error) as DriverError;
  const code = driver.code ?? '';
  const named = driver.constraint === undefined ? undefined : constraintErrors.get(driver.constraint);
  if (named !== undefined) return named();
  if (code === '23505' || code === '23503') return kernelError('request.conflict', { cause: error });
  if (INVALID_INPUT.has(code)) {
    return kernelError('request.invalid', { detail: 'A value cannot be stored as given.', cause: error });
  }
  if (RETRYABLE.has(code) || UNAVAILABLE.has(code) || CONNECTION_FAULTS.has(code) || isPoolTimeout(driver)) {
    return kernelError('service.unavailable', {
      detail: 'The database is busy or away. Try again shortly.',
      retryAfterSeconds: 1,
      cause: error,
    });
  }
  return undefined;
}

/** pg-pool and pg give these no code, so the message has to do. */
function isPoolTimeout(error: DriverError): boolean {
  return /timeout exceeded when trying to connect|Connection terminated|Query read timeout/i.test(error.message ?? '');
}
