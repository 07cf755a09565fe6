import { ConfigurationError } from '../../config/load-settings.js';

/**
 * Loads the optional packages of a cloud, which an installation may have left out.
 *
 * @param askedBy the setting that wants them
 * @param packages their names, for people
 * @throws ConfigurationError naming the setting and what to install, when one of them isn't there
 */
export async function loadSdk<T>(askedBy: string, packages: readonly string[], load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new ConfigurationError([
      `${askedBy}: its SDK (${packages.join(', ')}) is not installed. Install it by \`npm ci --include=optional\`; ` +
        '`--omit=optional` leaves it out',
    ]);
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
