import { describe, expect, test } from 'vitest';
import { clientAddress, isInNetworks, type Network, parseNetwork } from './network.ts';

function networks(...texts: string[]): readonly Network[] {
  return texts.map((text) => {
    const network = parseNetwork(text);
    if (network === undefined) throw new Error(`${text} is no network`);
    return network;
  });
}

describe('a network', () => {
  test.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['0.0.0.0/0', '198.51.100.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::1', '::1', true],
    ['::/0', '10.0.0.1', false],
    ['10.0.0.0/8', 'fe80::1%eth0', false],
    ['10.0.0.0/8', '', false],
  ])('%s and %s: %s', (network, address, expected) => {
    expect(isInNetworks(address, networks(network))).toBe(expected);
  });

  test.each([
    '',
    '10.0.0.0/33',
    '10.0.0/8',
    '010.0.0.1',
    '::/129',
    'a/8',
    '10.0.0.0/8/8',
    '1/',
    '10.0.0.0/-1',
  ])('is not "%s"', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });
});

describe('the address of a caller', () => {
  const trusted = networks('10.0.0.0/8', '::1');

  test.each([
    {
      title: 'without proxies it is the peer',
      peer: '192.0.2.1',
      lines: ['1.1.1.1'],
      is: '192.0.2.1',
    },
    { title: 'a trusted proxy tells it', peer: '10.0.0.1', lines: ['1.1.1.1'], is: '1.1.1.1' },
    {
      title: 'what a caller has written before is not believed',
      peer: '10.0.0.1',
      lines: ['127.0.0.1, 1.1.1.1'],
      is: '1.1.1.1',
    },
    {
      title: 'a chain of proxies is followed over several lines',
      peer: '::1',
      lines: ['9.9.9.9', '1.1.1.1, 10.0.0.2', '10.0.0.3'],
      is: '1.1.1.1',
    },
    { title: 'a silent proxy is the caller itself', peer: '10.0.0.1', lines: [], is: '10.0.0.1' },
    { title: 'nonsense is no address', peer: '10.0.0.1', lines: ['unknown'], is: 'unknown' },
  ])('$title', ({ peer, lines, is }) => {
    expect(clientAddress(peer, lines, trusted)).toBe(is);
  });

  test('counts for nobody when nobody is trusted', () => {
    expect(clientAddress('10.0.0.1', ['1.1.1.1'], [])).toBe('10.0.0.1');
  });
});
