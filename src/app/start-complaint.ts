import { ConfigurationError } from '../config/load-settings.js';
import { DomainError } from '../kernel/errors/domain-error.js';

/** Why the service could not start, for whoever reads its output: in a sentence where it is known what is to be done. */
export function startComplaint(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  if (error instanceof DomainError) {
    return `BlindspotX could not start. ${error.title} (${error.code})${error.detail === undefined ? '.' : `: ${error.detail}`}`;
  }
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    return `${(error as Error).message}. Another program listens there: stop it, or set PORT to a free one.`;
  }
  return `BlindspotX could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
