import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { isAllowedAddress } from './receiver-address.js';

/** Thrown instead of connecting. It doesn't say the address: the resolver's view of the network is nobody's business. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';

  constructor() {
    super('the host is or resolves to an address that is not one of the public internet');
    this.name = 'AddressRefused';
  }
}

export interface GuardedAgentOptions {
  allowPrivate: boolean;
  connectTimeoutMs: number;
  /** Stands for the system's resolver in tests. */
  resolver?: typeof resolve;
}

/**
 * An agent that connects to allowed addresses only (server-side request forgery, ASVS 1.3.6). A host that is an address is
 * checked as it stands; of a name every resolved address must be allowed, and the connection goes to one of exactly those.
 */
export function guardedAgent({ allowPrivate, connectTimeoutMs, resolver = resolve }: GuardedAgentOptions): Agent {
  const lookup: LookupFunction = (hostname, options, callback) => {
    resolver(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isAllowedAddress(address, allowPrivate))) {
        callback(new AddressRefused(), '', 0);
      } else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({ lookup, timeout: connectTimeoutMs, allowH2: false, maxCachedSessions: 20 });
  return new Agent({
    connect: (options, callback) => {
      const host = options.hostname.replace(/^\[(.*)\]$/, '$1');
      // Node doesn't ask the resolver for a host that is an address.
      if (isIP(host) !== 0 && !isAllowedAddress(host, allowPrivate)) callback(new AddressRefused(), null);
      else connect(options, callback);
    },
    connections: 2,
    pipelining: 1,
    keepAliveTimeout: 4000,
    keepAliveMaxTimeout: 10_000,
    maxHeaderSize: 16_384,
  });
}
