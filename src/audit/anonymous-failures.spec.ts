import { AnonymousFailures, OTHER_SOURCES } from './anonymous-failures.js';

const MINUTE = 60_000;

describe('counting anonymous failures', () => {
  it('makes one count of a source and minute, with its reasons', () => {
    const failures = new AnonymousFailures();
    failures.count('192.0.2.1', 'auth.token_expired', 0);
    failures.count('192.0.2.1', 'auth.token_invalid', 1000);
    failures.count('192.0.2.1', 'auth.token_invalid', 59_999);
    failures.count('192.0.2.1', 'auth.token_invalid', MINUTE);
    expect(failures.take(MINUTE)).toEqual([
      {
        source: '192.0.2.1',
        minute: new Date(0),
        count: 3,
        reasons: { 'auth.token_expired': 1, 'auth.token_invalid': 2 },
      },
    ]);
    expect(failures.take(MINUTE)).toEqual([]);
    expect(failures.take(MINUTE, true)).toMatchObject([{ count: 1, minute: new Date(MINUTE) }]);
  });

  it('counts the addresses of one IPv6 subscriber, and the IPv4 address in IPv6 form, as one source', () => {
    const failures = new AnonymousFailures();
    failures.count('2001:db8:1:2::1', 'r', 0);
    failures.count('2001:db8:1:2:ffff::9', 'r', 0);
    failures.count('::ffff:192.0.2.1', 'r', 0);
    failures.count('192.0.2.1', 'r', 0);
    failures.count(null, 'r', 0);
    expect(failures.take(MINUTE).map(({ source, count }) => [source, count])).toEqual([
      ['2001:db8:1:2::/64', 2],
      ['192.0.2.1', 2],
      ['unknown', 1],
    ]);
  });

  it('stays bounded whatever the flood: sources and reasons', () => {
    const failures = new AnonymousFailures();
    for (let n = 0; n < 50_000; n++) failures.count(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, `reason.${n}`, 0);
    const counts = failures.take(MINUTE);
    expect(counts).toHaveLength(1001);
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(50_000);
    const rest = counts.find(({ source }) => source === OTHER_SOURCES);
    expect(rest?.count).toBe(49_000);
    expect(Object.keys(rest?.reasons ?? {})).toHaveLength(21);
  });

  it('keeps a reason named like a built-in property apart', () => {
    const failures = new AnonymousFailures();
    failures.count('192.0.2.1', 'constructor', 0);
    expect(failures.take(MINUTE)[0]?.reasons).toEqual({ constructor: 1 });
  });
});
