import { maskedUrl, receiverUrlFault } from './receiver-url.js';

describe('receiverUrlFault', () => {
  it.each([
    'https://hooks.example.com/blindspotx?key=1',
    'https://hooks.example.com:8443/',
    'https://93.184.215.14/',
    'https://[2606:2800:220:1:248:1893:25c8:1946]/',
    'https://[2a00:1450:4001:829::200e]/',
    'https://[2a00:1:2:3::5db8:d70e]/',
  ])('lets %s pass', (url) => {
    expect(receiverUrlFault(url, false)).toBeNull();
  });

  it.each([
    ['no URL', 'hooks.example.com'],
    ['plain http', 'http://hooks.example.com/'],
    ['another scheme', 'ftp://hooks.example.com/'],
    ['a file', 'file:///etc/passwd'],
    ['credentials', 'https://user:pass@hooks.example.com/'],
    ['a user name alone', 'https://169.254.169.254@hooks.example.com/'],
    ['a fragment', 'https://hooks.example.com/#x'],
    ['the port of SSH', 'https://hooks.example.com:22/'],
    ['the port of SMTP', 'https://hooks.example.com:25/'],
    ['loopback', 'https://127.0.0.1/'],
    ['loopback as one number', 'https://2130706433/'],
    ['loopback in hexadecimal', 'https://0x7f.1/'],
    ['loopback in octal', 'https://0177.0.0.1/'],
    ['loopback shortened', 'https://127.1/'],
    ['loopback in full-width digits', 'https://１２７.0.0.1/'],
    ['IPv6 loopback', 'https://[::1]/'],
    ['loopback mapped into IPv6', 'https://[::ffff:127.0.0.1]/'],
    ['loopback mapped into IPv6, as hexadecimal', 'https://[::ffff:7f00:1]/'],
    ['loopback as IPv4-compatible IPv6', 'https://[::127.0.0.1]/'],
    ['the metadata service', 'https://169.254.169.254/latest/meta-data/'],
    ["Azure's platform service", 'https://168.63.129.16/machine'],
    ['the metadata service through NAT64', 'https://[64:ff9b::a9fe:a9fe]/'],
    ['the metadata service through local NAT64', 'https://[64:ff9b:1::a9fe:a9fe]/'],
    ['loopback through 6to4', 'https://[2002:7f00:1::]/'],
    ["a private address through a network's own NAT64", 'https://[2a00:1:2:3::a00:1]/'],
    ["loopback through a network's own NAT64", 'https://[2a00:1:2:3::7f00:1]/'],
    ['192.168/16 through NAT64 with a prefix of 32 bits', 'https://[2a00:1:c0a8:1::]/'],
    ['10/8 through NAT64 with a prefix of 40 bits', 'https://[2a00:1:20a:1:1::]/'],
    ['172.16/12 through NAT64 with a prefix of 64 bits', 'https://[2a00:1:2:3:ac:1000:100:0]/'],
    ["carrier-grade NAT through a network's own NAT64", 'https://[2a00:1:2:3::6440:1]/'],
    ["link-local through a network's own NAT64", 'https://[2a00:1:2:3::a9fe:1]/'],
    ['Teredo', 'https://[2001:0:1::1]/'],
    ['10/8', 'https://10.1.2.3/'],
    ['172.16/12', 'https://172.31.255.255/'],
    ['192.168/16', 'https://192.168.0.1/'],
    ['carrier-grade NAT', 'https://100.64.0.1/'],
    ['this network', 'https://0.0.0.0/'],
    ['benchmarking', 'https://198.18.0.1/'],
    ['documentation', 'https://192.0.2.1/'],
    ['multicast', 'https://224.0.0.1/'],
    ['broadcast', 'https://255.255.255.255/'],
    ['unique local', 'https://[fd00::1]/'],
    ['IPv6 link-local', 'https://[fe80::1]/'],
    ['IPv6 site-local', 'https://[fec0::1]/'],
    ['IPv6 unspecified', 'https://[::]/'],
    ['IPv6 multicast', 'https://[ff02::1]/'],
    ['localhost', 'https://localhost/'],
    ['localhost with the root', 'https://localhost./'],
    ['a name under localhost', 'https://a.localhost/'],
    ['a name of the internal zone', 'https://metadata.google.internal/'],
    ['a name without a dot', 'https://vault/'],
  ])('refuses %s', (_what, url) => {
    expect(receiverUrlFault(url, false)).toMatch(/\.$/);
  });

  it('allows an installation its own network when it says so, and never link-local', () => {
    for (const url of [
      'http://127.0.0.1:9999/',
      'http://localhost:9999/',
      'http://10.0.0.1/',
      'http://[fd00::1]:8080/',
    ]) {
      expect(receiverUrlFault(url, true)).toBeNull();
    }
    for (const url of ['http://169.254.169.254/', 'http://[fe80::1]/', 'http://0.0.0.0/', 'http://10.0.0.1:22/']) {
      expect(receiverUrlFault(url, true)).not.toBeNull();
    }
  });

  it.each([
    ['Amazon', 'http://169.254.169.254/latest/meta-data/'],
    ['Amazon over IPv6', 'http://[fd00:ec2::254]/latest/meta-data/'],
    ["Amazon's containers", 'http://169.254.170.2/v2/credentials'],
    ["Amazon's pods over IPv6", 'http://[fd00:ec2::23]/v1/credentials'],
    ['Google over IPv6', 'http://[fd20:ce::254]/computeMetadata/v1/'],
    ['Azure', 'http://168.63.129.16/machine'],
    ['Alibaba', 'http://100.100.100.200/latest/meta-data/'],
    ['Alibaba as one number', 'http://1684301000/'],
    ['Alibaba mapped into IPv6', 'http://[::ffff:100.100.100.200]/'],
    ['Alibaba as IPv4-compatible IPv6', 'http://[::100.100.100.200]/'],
    ['Oracle over IPv6', 'http://[fd00:c1::a9fe:a9fe]/opc/v2/'],
    ['Scaleway over IPv6', 'http://[fd00:42::42]/conf'],
    ['any of link-local', 'http://169.254.1.1/'],
    ['link-local mapped into IPv6', 'http://[::ffff:169.254.169.254]/'],
    ['link-local translated', 'http://[::ffff:0:169.254.169.254]/'],
    ['IPv6 link-local', 'http://[fe80::a9fe:a9fe]/'],
    ['through NAT64', 'http://[64:ff9b::a9fe:a9fe]/'],
    ['through local NAT64', 'http://[64:ff9b:1::a9fe:a9fe]/'],
    ["through NAT64 of the network's own prefix", 'http://[fd12:3456::a9fe:a9fe]/'],
    ['through NAT64 of a shorter prefix', 'http://[fd12:3456:789a:a9fe:a9:fe00::]/'],
    ['through NAT64 of a public prefix', 'http://[2606:2800:220::a9fe:a9fe]/'],
    ['Alibaba through NAT64 of an own prefix', 'http://[fd12:3456::6464:64c8]/'],
    ['through 6to4', 'http://[2002:a9fe:a9fe::1]/'],
    ['through ISATAP', 'http://[fd12:3456::5efe:a9fe:a9fe]/'],
    ['through Teredo', 'http://[2001:0:a9fe:a9fe::1]/'],
  ])("refuses a cloud's own services even where the own network is allowed: %s", (_what, url) => {
    expect(receiverUrlFault(url, true)).toMatch(/\.$/);
    expect(receiverUrlFault(url.replace('http:', 'https:'), false)).toMatch(/\.$/);
  });

  it('takes no receiver of the own network for one of these', () => {
    for (const url of [
      'http://100.64.0.1/',
      'http://100.100.101.200/',
      'http://[fd12:3456::a9fe:a9ff]/',
      'http://10.254.169.254/',
    ])
      expect(receiverUrlFault(url, true)).toBeNull();
  });
});

describe('maskedUrl', () => {
  const SECRET = 'https://hooks.example.com:8443/services/T0/B1/secret?token=secret';

  it('says whose it is, and neither path nor query', () => {
    expect(maskedUrl(SECRET)).toBe('https://hooks.example.com:8443/…');
  });

  it('is no URL to put back: whoever writes what they read is told so', () => {
    for (const text of [maskedUrl(SECRET), new URL(maskedUrl(SECRET)).href]) {
      expect(receiverUrlFault(text, false)).toMatch(/give the whole one/);
    }
    expect(receiverUrlFault('https://hooks.example.com/%ff', false)).toBeNull();
  });
});
