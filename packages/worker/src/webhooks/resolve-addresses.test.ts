import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { systemClock } from '@forebay/shared/runtime/clock';
import { afterEach, describe, expect, test } from 'vitest';
import { createEgress, type EgressAnswer, egressLimits } from './egress.ts';
import { createAddressResolver } from './resolve-addresses.ts';

/** What the name server says to one question; `silence` says nothing. */
type DnsReply = 'nxdomain' | 'servfail' | 'silence' | readonly string[];
type DnsScript = (name: string, type: 'A' | 'AAAA') => DnsReply;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A name server of our own, on a free UDP port. */
async function startNameServer(script: DnsScript): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (question, sender) => {
    const reply = answerTo(question, script);
    if (reply !== undefined) socket.send(reply, sender.port, sender.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => socket.close(() => resolve())));
  return `127.0.0.1:${socket.address().port}`;
}

const headBytes = 12;
const typeA = 1;
const rcodes = { nxdomain: 3, servfail: 2 };

/** RFC 1035: the head, the question repeated, and the answers that point back at its name. */
function answerTo(message: Buffer, script: DnsScript): Buffer | undefined {
  const labels: string[] = [];
  let at = headBytes;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = message.readUInt16BE(at + 1);
  const reply = script(labels.join('.'), type === typeA ? 'A' : 'AAAA');
  if (reply === 'silence') return undefined;
  const head = Buffer.from(message.subarray(0, headBytes));
  const addresses = typeof reply === 'string' ? [] : reply;
  head.writeUInt16BE(0x8180 | (typeof reply === 'string' ? rcodes[reply] : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  const question = message.subarray(headBytes, at + 5);
  return Buffer.concat([head, question, ...addresses.map((text) => answerRecord(type, text))]);
}

/** Name as a pointer, type, class IN, a lifetime of nothing, the address. */
function answerRecord(type: number, address: string): Buffer {
  const data =
    type === typeA
      ? Buffer.from(address.split('.').map(Number))
      : Buffer.from(address.replaceAll(':', ''), 'hex');
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([record, data]);
}

const publicV4 = '93.184.216.34';
const publicV6 = '2606:2800:0220:0001:0248:1893:25c8:1946';

describe('the resolver', () => {
  test('gives the addresses of both families', async () => {
    const server = await startNameServer((_name, type) => (type === 'A' ? [publicV4] : [publicV6]));
    const resolve = createAddressResolver({ timeoutMs: 1_000, servers: [server] });
    expect(await resolve('hooks.example.com')).toEqual([
      { address: publicV4, family: 4 },
      { address: '2606:2800:220:1:248:1893:25c8:1946', family: 6 },
    ]);
  });

  test('is content with one family', async () => {
    const server = await startNameServer((_name, type) => (type === 'A' ? [publicV4] : []));
    const resolve = createAddressResolver({ timeoutMs: 1_000, servers: [server] });
    expect(await resolve('hooks.example.com')).toEqual([{ address: publicV4, family: 4 }]);
  });

  test('asks for the name as it is, without search domains', async () => {
    const names = new Set<string>();
    const server = await startNameServer((name) => {
      names.add(name.toLowerCase());
      return 'nxdomain';
    });
    const resolve = createAddressResolver({ timeoutMs: 1_000, servers: [server] });
    await expect(resolve('hooks.example.com')).rejects.toThrow();
    expect([...names]).toEqual(['hooks.example.com']);
  });
});

async function postThrough(script: DnsScript, port = 443): Promise<EgressAnswer> {
  const servers = [await startNameServer(script)];
  const limits = { ...egressLimits, dnsTimeoutMs: 300, connectTimeoutMs: 5_000 };
  const egress = createEgress({
    policy: { allowHttp: true, allowLoopback: false, extraPorts: [port], ownHosts: [] },
    clock: systemClock,
    limits,
    resolve: createAddressResolver({ timeoutMs: limits.dnsTimeoutMs, servers }),
  });
  closing.push(() => egress.close());
  const request = {
    url: `http://hooks.example.com:${port}/`,
    headers: {},
    body: Buffer.from('{}'),
  };
  return egress.post(request, new AbortController().signal);
}

describe('a delivery through a hostile name server (F43)', () => {
  test.each(['nxdomain', 'servfail', 'silence'] as const)('fails on %s', async (reply) => {
    expect(await postThrough(() => reply)).toEqual({ kind: 'failed', errorClass: 'dns' });
  });

  test('is blocked when the name is bound to loopback by the time of the connection', async () => {
    let connections = 0;
    const target = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => target.close(() => resolve())));
    const address = target.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');

    const answer = await postThrough(
      (_name, type) => (type === 'A' ? ['127.0.0.1'] : []),
      address.port,
    );
    expect(answer).toEqual({ kind: 'failed', errorClass: 'blocked' });
    expect(connections).toBe(0);
  });

  test('is blocked when only the other family leads inside', async () => {
    const inside = '00000000000000000000ffff7f000001';
    const answer = await postThrough((_name, type) => (type === 'A' ? [publicV4] : [inside]));
    expect(answer).toEqual({ kind: 'failed', errorClass: 'blocked' });
  });
});
