import ipaddr from 'ipaddr.js';

/** Global unicast of IPv6 (RFC 4291 2.4); what is outside is reserved, local, or an IPv4 address in disguise. */
const IPV6_GLOBAL = ipaddr.parseCIDR('2000::/3');

/** What an installation may allow itself besides public addresses. Never link-local: clouds serve credentials there. */
const OWN_NETWORK = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/** Public by its range, but inside of Azure the platform's own service (agent, keys) answers there. */
const AZURE_PLATFORM = '168.63.129.16';

/**
 * Whether a webhook may be sent to this address. Every address that a name resolves to is asked, at the moment of connecting,
 * and exactly that address is then connected to: a name can't answer differently in between.
 *
 * @param address IPv4 or IPv6 as the resolver or the URL parser writes it
 * @param allowPrivate WEBHOOK_ALLOW_PRIVATE_ADDRESSES
 */
export function isAllowedAddress(address: string, allowPrivate: boolean): boolean {
  if (!ipaddr.isValid(address)) return false;
  // An IPv4-mapped IPv6 address counts as the IPv4 address that the system would connect to.
  const parsed = ipaddr.process(address);
  if (parsed.toString() === AZURE_PLATFORM) return false;
  const range = parsed.range();
  if (allowPrivate && OWN_NETWORK.has(range)) return true;
  if (range !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(IPV6_GLOBAL);
}
