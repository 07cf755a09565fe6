import ipaddr from 'ipaddr.js';

export const UNKNOWN_SOURCE = 'unknown';

/**
 * Who sends, as far as an address tells: the address itself, for IPv6 the /64, which is what one subscriber has.
 *
 * @param address as the HTTP server gives it; null or anything that is none becomes `unknown`
 */
export function sourceOf(address: string | null): string {
  if (address === null) return UNKNOWN_SOURCE;
  const known = remembered.get(address);
  if (known !== undefined) return known;
  const source = readSource(address);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(address, source);
  return source;
}

const MAX_REMEMBERED = 1000;
/** Most requests come from where others came from, and reading an address costs more than counting it. */
const remembered = new Map<string, string>();

function readSource(address: string): string {
  if (!ipaddr.isValid(address)) return UNKNOWN_SOURCE;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const network = [...parsed.toByteArray().slice(0, 8), ...new Array<number>(8).fill(0)];
  return `${ipaddr.fromByteArray(network).toString()}/64`;
}
