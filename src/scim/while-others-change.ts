import { DomainError } from '../kernel/errors/domain-error.js';

const ATTEMPTS = 5;

/**
 * A change reads a version and writes the next one. A client that demands no version isn't told that somebody was faster: its
 * change is made to what that one left.
 */
export async function whileOthersChange<T>(isVersionDemanded: boolean, change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change();
    } catch (error) {
      const isLate = error instanceof DomainError && error.code === 'request.precondition_failed';
      if (!isLate || isVersionDemanded || attempt === ATTEMPTS) throw error;
    }
  }
}
