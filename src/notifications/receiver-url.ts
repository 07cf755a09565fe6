import { isIP } from 'node:net';
import { isAllowedAddress } from './receiver-address.js';

/** Names that mean something only inside a network or a machine (RFC 6761, RFC 6762, RFC 8375). */
const INSIDE_NAME = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa|localdomain)$/;

/**
 * What is wrong with a receiver's URL, as one sentence; null when it may be used. A name's addresses are checked later, when
 * they are resolved to connect.
 *
 * @param allowPrivate WEBHOOK_ALLOW_PRIVATE_ADDRESSES: plain http and addresses of one's own network
 */
export function receiverUrlFault(text: string, allowPrivate: boolean): string | null {
  if (!URL.canParse(text)) return 'This is not a URL.';
  const url = new URL(text);
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https' && !(allowPrivate && scheme === 'http')) return 'Only https URLs are used.';
  if (url.username !== '' || url.password !== '') return 'A URL with a user name or password is not used.';
  if (url.hash !== '') return 'A URL with a fragment is not used: it would not be sent.';
  if (decodedPath(url) === `/${MASK}`) return 'This is the URL as it is shown, without its path; give the whole one.';
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  if (port !== 443 && port < 1024 && !(allowPrivate && port === 80)) {
    return 'Ports below 1024 other than 443 belong to other services.';
  }
  const host = hostOf(url);
  if (isIP(host) !== 0) {
    return isAllowedAddress(host, allowPrivate) ? null : 'The address is not one of the public internet.';
  }
  if (!allowPrivate && (INSIDE_NAME.test(host) || !host.includes('.')))
    return 'The name is not one of the public internet.';
  return null;
}

/** Stands for path and query, which often are a credential of the receiver's. */
const MASK = '…';

/** A receiver's URL as people and the trail see it: whose it is, and nothing more. */
export function maskedUrl(text: string): string {
  return `${new URL(text).origin}/${MASK}`;
}

/** Host name without the brackets of an IPv6 address and without the root's full stop. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function decodedPath({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
