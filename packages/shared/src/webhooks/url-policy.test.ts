import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../domain/ids.ts';
import { isGlobalAddress, isLoopbackAddress } from './address-rule.ts';
import { webhookEndpointId } from './endpoint-id.ts';
import { checkWebhookUrl, type WebhookUrlPolicy } from './url-policy.ts';

const strict: WebhookUrlPolicy = {
  allowHttp: false,
  allowLoopback: false,
  extraPorts: [],
  ownHosts: ['forebay.example.com', 'edge.example.com:8443'],
};

function kindOf(raw: string, change: Partial<WebhookUrlPolicy> = {}): string {
  return checkWebhookUrl(raw, { ...strict, ...change }).kind;
}

const literalNotations = [
  'https://127.0.0.1/',
  'https://127.1/',
  'https://127.0.1/',
  'https://0177.0.0.1/',
  'https://0x7f.0.0.1/',
  'https://0x7f000001/',
  'https://2130706433/',
  'https://017700000001/',
  'https://127.0.0.1./',
  'https://%31%32%37.0.0.1/',
  'https://１２７.０.０.１/',
  'https://127。0。0。1/',
  'https://0/',
  'https://0.0.0.0/',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://100.64.0.1/',
  'https://100.100.100.200/',
  'https://169.254.169.254/latest/meta-data/',
  'https://0xa9fea9fe/',
  'https://2852039166/',
  'https://192.0.0.192/',
  'https://198.18.0.1/',
  'https://203.0.113.7/',
  'https://224.0.0.1/',
  'https://240.0.0.1/',
  'https://255.255.255.255/',
  'https://168.63.129.16/',
  'https://8.8.2056/',
  'https://0x08080808/',
];

const embeddedAddresses = [
  'https://[::]/',
  'https://[::1]/',
  'https://[0:0:0:0:0:0:0:1]/',
  'https://[::127.0.0.1]/',
  'https://[::7f00:1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::ffff:8.8.8.8]/',
  'https://[::ffff:0:127.0.0.1]/',
  'https://[64:ff9b::127.0.0.1]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://[64:ff9b:1::a00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[2002:a9fe:a9fe::1]/',
  'https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
  'https://[2606:4700::5efe:7f00:1]/',
  'https://[fe80::1]/',
  'https://[fe80::1%25eth0]/',
  'https://[fec0::1]/',
  'https://[fc00::1]/',
  'https://[fd00:ec2::254]/',
  'https://[ff02::1]/',
  'https://[100::1]/',
  'https://[2001:db8::1]/',
  'https://[2001:2::1]/',
  'https://[2001:10::1]/',
  'https://[3fff::1]/',
  'https://[5f00::1]/',
  'https://[4000::1]/',
  'https://[2606:4700:0::0001]/',
];

const internalNames = [
  'https://localhost/',
  'https://LOCALHOST/',
  'https://localhost./',
  'https://app.localhost/',
  'https://metadata/',
  'https://redis/',
  'https://metadata.google.internal/computeMetadata/v1/',
  'https://kubernetes.default.svc.cluster.local/',
  'https://printer.local/',
  'https://router.home.arpa/',
  'https://nas.lan/',
  'https://wiki.corp/',
  'https://wiki.intranet/',
  'https://hidden.onion/',
  'https://1.0.0.127.in-addr.arpa/',
  'https://forebay.example.com/v1/jobs',
  'https://FOREBAY.example.com/v1/jobs',
  'https://edge.example.com:8443/',
];

const confusions = [
  'http://example.com/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://example.com/',
  'javascript:alert(1)',
  'data:text/plain,x',
  'https:example.com',
  'https:/example.com/',
  'https:///example.com/',
  '//example.com/',
  'example.com',
  '',
  ' https://example.com/',
  'https://example.com/ ',
  'https://example.com/\n',
  'https://exa\tmple.com/',
  'ht\ntps://example.com/',
  'https://example.com/\r\nhost: x',
  'https://example.com/\u0000',
  'https://example.com/\u202e',
  'https://bücher.example/',
  'https://example。com/',
  'https://user@example.com/',
  'https://user:password@example.com/',
  'https://@example.com/',
  'https://example.com@127.0.0.1/',
  'https://127.0.0.1\\@example.com/',
  'https://example.com\\@127.0.0.1/',
  'https://example.com#@127.0.0.1/',
  'https://example.com/#fragment',
  'https://example.com/#',
  'https://exam%70le.com/',
  'https://example.com:/',
  'https://example.com:22/',
  'https://example.com:80/',
  'https://example.com:6379/',
  'https://example.com:0/',
  'https://example.com:65536/',
  'https://example.com:4４3/',
  'https://example.com./',
  'https://exa mple.com/',
  'https://[::1/',
  'https://-/',
  'https://...../',
  `https://example.com/${'a'.repeat(2_048)}`,
];

describe('a hostile URL', () => {
  const all = [...literalNotations, ...embeddedAddresses, ...internalNames, ...confusions];

  test.each(all)('%j is refused', (raw) => {
    expect(kindOf(raw)).toBe('refused');
  });

  test.each(all.filter((raw) => !/^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])\//i.test(raw)))(
    '%j is refused in local mode too',
    (raw) => {
      expect(kindOf(raw, { allowLoopback: true })).toBe('refused');
    },
  );

  test('is refused with a reason that says what to change', () => {
    const check = checkWebhookUrl('https://0x7f.1/', strict);
    expect(check).toEqual({
      kind: 'refused',
      reason: 'Write the host in its plain form, "127.0.0.1".',
    });
  });
});

describe('an ordinary URL', () => {
  test.each([
    'https://example.com/',
    'https://example.com',
    'HTTPS://Example.COM/Hook?a=1&b=%20',
    'https://example.com:443/hook',
    'https://example.com:8443/hook',
    'https://hooks.internal.example.com/',
    'https://localhost.example.com/',
    'https://xn--bcher-kva.example/',
    'https://a_b.example.com/',
    'https://1.1.1.1/',
    'https://[2606:4700:4700::1111]/',
    'https://edge.example.com/',
    'https://example.com/@me',
  ])('%j is allowed', (raw) => {
    expect(kindOf(raw)).toBe('allowed');
  });

  test('may use the operator’s additions', () => {
    expect(kindOf('http://example.com/', { allowHttp: true })).toBe('allowed');
    expect(kindOf('http://10.0.0.1/', { allowHttp: true })).toBe('refused');
    expect(kindOf('https://example.com:9443/', { extraPorts: [9443] })).toBe('allowed');
  });

  test('may be on loopback in local mode only, and only when its host says so', () => {
    const local = { allowLoopback: true };
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      expect(kindOf(`http://${host}:3000/hook`, local)).toBe('allowed');
      expect(kindOf(`http://${host}:3000/hook`)).toBe('refused');
    }
    expect(kindOf('http://example.com:3000/', local)).toBe('refused');
    expect(kindOf('http://10.0.0.1:3000/', local)).toBe('refused');
    expect(kindOf('http://[::ffff:7f00:1]:3000/', local)).toBe('refused');
  });

  test('does not lead back to us, on loopback either', () => {
    const local = { allowLoopback: true, ownHosts: ['127.0.0.1:3000'] };
    expect(kindOf('http://127.0.0.1:3000/v1/jobs', local)).toBe('refused');
    expect(kindOf('http://127.0.0.1:3001/v1/jobs', local)).toBe('allowed');
  });
});

describe('an address', () => {
  test.each(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111', '2a00:1450:4001::200e'])(
    '%s is global',
    (text) => expect(isGlobalAddress(text)).toBe(true),
  );

  test.each(['', 'example.com', '127.1', '08.8.8.8', '0x8080808', '2606:4700::1%eth0', '[::1]'])(
    'written %j is not taken for one',
    (text) => expect(isGlobalAddress(text)).toBe(false),
  );

  test('is loopback only in plain notation', () => {
    expect(isLoopbackAddress('127.9.9.9')).toBe(true);
    expect(isLoopbackAddress('::1')).toBe(true);
    expect(isLoopbackAddress('::ffff:127.0.0.1')).toBe(false);
    expect(isLoopbackAddress('0.0.0.0')).toBe(false);
  });
});

test('an endpoint has the same id for the same tenant and URL, and another for others', () => {
  const [one, two] = [parseTenantId('one'), parseTenantId('two')];
  if (one === undefined || two === undefined) throw new Error('not tenant names');
  const id = webhookEndpointId(one, 'https://example.com/');
  expect(webhookEndpointId(one, 'https://example.com/')).toBe(id);
  expect(webhookEndpointId(two, 'https://example.com/')).not.toBe(id);
  expect(webhookEndpointId(one, 'https://example.com/a')).not.toBe(id);
});
