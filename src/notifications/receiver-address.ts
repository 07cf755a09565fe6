import ipaddr from 'ipaddr.js';

/** Global unicast of IPv6 (RFC 4291 2.4); what is outside is reserved, local, or an IPv4 address in disguise. */
const IPV6_GLOBAL = ipaddr.parseCIDR('2000::/3');

/** What an installation may allow itself besides public addresses. Never link-local: clouds serve credentials there. */
const OWN_NETWORK = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/**
 * Where clouds answer their own machines, with credentials or as a resolver, outside of what is link-local: these are no receivers,
 * whatever an installation allows. Of a range that a provider keeps for this the whole.
 */
const PLATFORMS = [
  // Azure: public by its range.
  '168.63.129.16/32',
  // Alibaba Cloud (100.100.100.200), and a private network's own services on each of its machines.
  '100.100.100.0/24',
  // Amazon: metadata, containers' credentials, resolver, time.
  'fd00:ec2::/32',
  // Google
  'fd20:ce::/32',
  // Oracle
  'fd00:c1::a9fe:a9fe/128',
  // Scaleway
  'fd00:42::42/128',
].map((range) => ipaddr.parseCIDR(range));

/** What is refused as an IPv4 address, and hides in an IPv6 address of any network whose gateway translates it. */
const PLATFORMS_V4 = ['169.254.169.254', '169.254.170.2', '169.254.170.23', '168.63.129.16', '100.100.100.200'];
/**
 * Where an IPv6 address carries an IPv4 one: RFC 6052 2.2 with a prefix of the network's own, by its length from 32 to 96 (the last
 * also of ISATAP, RFC 5214), and 6to4. The well-known prefixes are refused by their range.
 */
const CARRIED_AT = [
  [4, 5, 6, 7],
  [5, 6, 7, 9],
  [6, 7, 9, 10],
  [7, 9, 10, 11],
  [9, 10, 11, 12],
  [12, 13, 14, 15],
  [2, 3, 4, 5],
];

/** What an IPv6 address may not carry where only public addresses are receivers. */
const BEHIND_GATEWAY = new Set(['private', 'loopback', 'carrierGradeNat', 'linkLocal']);

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
  if (isPlatform(parsed)) return false;
  if (!allowPrivate && parsed.kind() === 'ipv6' && isGatewayToOwn(parsed.toByteArray())) return false;
  const range = parsed.range();
  if (allowPrivate && OWN_NETWORK.has(range)) return true;
  if (range !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(IPV6_GLOBAL);
}

/**
 * Whether an address is written as a gateway's for an IPv4 address of somebody's own network. Any address holds some four bytes at each
 * of the places; only one of that form (RFC 6052 2.2: bits 64 to 71 and everything behind the IPv4 address are zero) is meant so.
 */
function isGatewayToOwn(bytes: readonly number[]): boolean {
  if (bytes[8] !== 0) return false;
  return CARRIED_AT.some((places) => {
    const end = 1 + (places.at(-1) ?? 0);
    if (bytes.slice(end).some((byte) => byte !== 0)) return false;
    const range = ipaddr.IPv4.parse(places.map((place) => bytes[place]).join('.')).range();
    return BEHIND_GATEWAY.has(range);
  });
}

function isPlatform(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (PLATFORMS.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits)))
    return true;
  if (address.kind() === 'ipv4') return false;
  const bytes = address.toByteArray();
  return CARRIED_AT.some((places) => PLATFORMS_V4.includes(places.map((place) => bytes[place]).join('.')));
}
