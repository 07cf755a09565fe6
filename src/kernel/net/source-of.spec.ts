import { sourceOf } from './source-of.js';

describe('sourceOf', () => {
  it('takes an IPv4 address as it is, also inside of IPv6', () => {
    expect(sourceOf('192.0.2.7')).toBe('192.0.2.7');
    expect(sourceOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
  });

  it('takes all addresses of one IPv6 /64 for one source, and another /64 for another', () => {
    expect(sourceOf('2001:db8:1:2:aaaa::1')).toBe(sourceOf('2001:db8:1:2:ffff:ffff:ffff:ffff'));
    expect(sourceOf('2001:db8:1:2::1')).not.toBe(sourceOf('2001:db8:1:3::1'));
  });

  it.each([null, '', 'localhost', '192.0.2.7, 192.0.2.8', 'x'.repeat(10_000)])('takes %p for nobody', (address) => {
    expect(sourceOf(address)).toBe('unknown');
  });
});
