import { isJsonObject, type JsonObject, textOf, textsOf } from '../store/json.types.js';

/** Where a registered application may be sent back to; addresses are compared as they are (RFC 9700 4.1.3). */
export function redirectUrisOf(app: JsonObject): string[] {
  return ['web', 'spa', 'publicClient'].flatMap((part) => {
    const settings = app[part];
    return isJsonObject(settings) ? textsOf(settings, 'redirectUris') : [];
  });
}

/** Where a registered application wants to hear of the end of a session, or ''. */
export function logoutUrlOf(app: JsonObject): string {
  return isJsonObject(app['web']) ? textOf(app['web'], 'logoutUrl') : '';
}
