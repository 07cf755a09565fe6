export interface BasicCredentials {
  clientId: string;
  clientSecret: string;
}

const BASIC = /^Basic +([A-Za-z\d+/]+={0,2})$/i;
/** Far more than an id and a secret need; longer ones aren't decoded. */
const MAX_LENGTH = 2048;

/**
 * The client of an `Authorization: Basic` header (RFC 6749 2.3.1): id and secret, each encoded as in a form, joined by a colon,
 * as base64.
 *
 * @returns null for another scheme and for anything malformed
 */
export function basicCredentials(header: string): BasicCredentials | null {
  const encoded = header.length > MAX_LENGTH ? undefined : BASIC.exec(header)?.[1];
  if (encoded === undefined) return null;
  const bytes = Buffer.from(encoded, 'base64');
  // Another decoder would read other bytes out of it.
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, '')) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const colon = text.indexOf(':');
    if (colon === -1) return null;
    return { clientId: formDecoded(text.slice(0, colon)), clientSecret: formDecoded(text.slice(colon + 1)) };
  } catch {
    return null;
  }
}

/** @throws URIError for a percent sign that encodes nothing, or bytes that aren't UTF-8 */
function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
