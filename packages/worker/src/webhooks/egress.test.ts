import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server as TcpServer,
} from 'node:net';
import { gzipSync } from 'node:zlib';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { WebhookUrlPolicy } from '@forebay/shared/webhooks/url-policy';
import { afterEach, describe, expect, test } from 'vitest';
import {
  createEgress,
  type Egress,
  type EgressAnswer,
  type EgressOptions,
  egressLimits,
} from './egress.ts';

const policy: WebhookUrlPolicy = {
  allowHttp: true,
  allowLoopback: true,
  extraPorts: [],
  ownHosts: [],
};
const shortLimits = {
  ...egressLimits,
  dnsTimeoutMs: 100,
  connectTimeoutMs: 300,
  totalTimeoutMs: 400,
};

/** A certificate that nobody trusts, with its key: made for this test and used by nothing else. */
const selfSigned = readFileSync(new URL('./__fixtures__/self-signed.pem', import.meta.url));

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function egressWith(change: Partial<EgressOptions> = {}): Egress {
  const egress = createEgress({ policy, clock: systemClock, limits: shortLimits, ...change });
  closing.push(() => egress.close());
  return egress;
}

async function listening<Kind extends Server | TcpServer>(server: Kind): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  // A server on a TCP port has an address of this form.
  return (server.address() as AddressInfo).port;
}

async function receiver(handle: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(createServer(handle))}`;
}

/** A promise that is resolved from outside. */
function once(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

function post(egress: Egress, url: string, signal?: AbortSignal): Promise<EgressAnswer> {
  const request = { url, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') };
  return egress.post(request, signal ?? new AbortController().signal);
}

describe('a receiver', () => {
  test('gets the exact bytes, asked for no compression', async () => {
    const body = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);
    const seen: { body: Buffer; encoding: string | undefined; url: string | undefined }[] = [];
    const base = await receiver((request, response) => {
      const chunks: Buffer[] = [];
      const encoding = String(request.headers['accept-encoding']);
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        seen.push({ body: Buffer.concat(chunks), encoding, url: request.url });
        response.end('thanks');
      });
    });
    const request = { url: `${base}/hook?a=1`, headers: {}, body };
    const answer = await egressWith().post(request, new AbortController().signal);
    expect(answer).toEqual({
      kind: 'answered',
      status: 200,
      retryAfter: undefined,
      excerpt: 'thanks',
    });
    expect(seen).toEqual([{ body, encoding: 'identity', url: '/hook?a=1' }]);
  });

  test('that answers 429 is heard with its Retry-After', async () => {
    const base = await receiver((_request, response) => {
      response.writeHead(429, { 'retry-after': '7' }).end();
    });
    expect(await post(egressWith(), base)).toMatchObject({ status: 429, retryAfter: '7' });
  });

  test('that redirects is not followed', async () => {
    let visits = 0;
    const target = await receiver((_request, response) => {
      visits += 1;
      response.end();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const base = await receiver((_request, response) => {
        response.writeHead(status, { location: target }).end('elsewhere');
      });
      expect(await post(egressWith(), base)).toMatchObject({ status, excerpt: undefined });
    }
    expect(visits).toBe(0);
  });

  test('that fails keeps the text of its failure to itself', async () => {
    const base = await receiver((_request, response) => response.writeHead(500).end('stack trace'));
    expect(await post(egressWith(), base)).toMatchObject({ status: 500, excerpt: undefined });
  });

  test('that sends a long body is read to the bound and kept in part', async () => {
    const base = await receiver((_request, response) => response.end('é'.repeat(9_000)));
    const answer = await post(egressWith(), base);
    expect(answer).toMatchObject({ status: 200 });
    const excerpt = answer.kind === 'answered' ? (answer.excerpt ?? '') : '';
    expect(Buffer.byteLength(excerpt)).toBe(egressLimits.excerptBytesMax);
  });

  test('that never ends its body is cut off and counted by its status', async () => {
    const cut = once();
    const base = await receiver((_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(4_096)));
      };
      response.on('drain', more).on('close', cut.resolve);
      more();
    });
    expect(await post(egressWith(), base)).toMatchObject({ kind: 'answered', status: 200 });
    await cut.promise;
  });

  test('that sends a gzip bomb is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
    const base = await receiver((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const answer = await post(egressWith(), base);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.kind === 'answered' && answer.excerpt?.length).toBeLessThanOrEqual(
      egressLimits.excerptBytesMax,
    );
  });

  test('that drips its body is given up when the time is over, counted by its status', async () => {
    const cut = once();
    const base = await receiver((_request, response) => {
      response.on('close', cut.resolve).writeHead(200).write('a');
    });
    expect(await post(egressWith(), base)).toMatchObject({ status: 200, excerpt: 'a' });
    await cut.promise;
  });

  test('that hangs before it answers is a timeout', async () => {
    const base = await receiver(() => undefined);
    expect(await post(egressWith(), base)).toEqual({ kind: 'failed', errorClass: 'timeout' });
  });

  test('with an endless head is too large', async () => {
    const base = await receiver((_request, response) => {
      response.writeHead(200, { 'x-long': 'x'.repeat(20 * 1024) }).end();
    });
    expect(await post(egressWith(), base)).toEqual({ kind: 'failed', errorClass: 'too_large' });
  });

  test('that cuts the connection, or speaks no HTTP, is a refused connection', async () => {
    const cutting = await receiver((request) => request.socket.resetAndDestroy());
    const babbling = await listening(createTcpServer((socket) => socket.end('220 mail\r\n')));
    const refused = { kind: 'failed', errorClass: 'refused' };
    expect(await post(egressWith(), cutting)).toEqual(refused);
    expect(await post(egressWith(), `http://127.0.0.1:${babbling}`)).toEqual(refused);
  });

  test('that is not there is a refused connection, also under several addresses', async () => {
    const server = createTcpServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const refused = { kind: 'failed', errorClass: 'refused' };
    expect(await post(egressWith(), `http://127.0.0.1:${port}`)).toEqual(refused);
    expect(await post(egressWith(), `http://localhost:${port}`)).toEqual(refused);
  });

  test('with a certificate that nobody signed, or without TLS, is a TLS failure', async () => {
    let requests = 0;
    const count: RequestListener = (_request, response) => {
      requests += 1;
      response.end();
    };
    const selfSignedPort = await listening(
      createSecureServer({ key: selfSigned, cert: selfSigned }, count),
    );
    const plainPort = await listening(createServer(count));
    const failed = { kind: 'failed', errorClass: 'tls' };
    expect(await post(egressWith(), `https://127.0.0.1:${selfSignedPort}`)).toEqual(failed);
    expect(await post(egressWith(), `https://127.0.0.1:${plainPort}`)).toEqual(failed);
    expect(requests).toBe(0);
  });
});

describe('what is not allowed', () => {
  test('is blocked by the URL before anything is asked or dialled', async () => {
    const resolve = (): Promise<never> => Promise.reject(new Error('must not be asked'));
    const strict = { ...policy, allowLoopback: false };
    const egress = egressWith({ policy: strict, resolve });
    for (const url of ['http://127.0.0.1/', 'http://[::1]/', 'http://169.254.169.254/', 'x']) {
      expect(await post(egress, url)).toEqual({ kind: 'failed', errorClass: 'blocked' });
    }
  });

  test('is blocked when a name is bound anew between its check and the connection', async () => {
    let connections = 0;
    const server = createTcpServer(() => {
      connections += 1;
    });
    const port = await listening(server);
    const answers = ['93.184.216.34', '127.0.0.1'];
    const resolve = async () => [{ address: answers.shift() ?? '', family: 4 as const }];
    const rebinding = { ...policy, extraPorts: [port] };
    const egress = egressWith({ policy: rebinding, resolve });
    const url = `http://hooks.example.com:${port}/`;

    // At registration the name led to a public address.
    expect((await resolve())[0]?.address).toBe('93.184.216.34');
    expect(await post(egress, url)).toEqual({ kind: 'failed', errorClass: 'blocked' });
    expect(connections).toBe(0);
    expect(answers).toEqual([]);
  });

  test.each(['10.0.0.1', '169.254.169.254', '::1', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
    'is blocked when one of several addresses is %s',
    async (address) => {
      const family = address.includes(':') ? (6 as const) : (4 as const);
      const resolve = async () => [
        { address: '93.184.216.34', family: 4 as const },
        { address, family },
      ];
      const answer = await post(egressWith({ resolve }), 'https://hooks.example.com/');
      expect(answer).toEqual({ kind: 'failed', errorClass: 'blocked' });
    },
  );
});

describe('DNS', () => {
  const failed = { kind: 'failed', errorClass: 'dns' };

  test('that knows no such name, or knows it without an address, fails the attempt', async () => {
    const unknown = Object.assign(new Error('queryA ENOTFOUND'), { code: 'ENOTFOUND' });
    const url = 'https://hooks.example.com/';
    expect(await post(egressWith({ resolve: () => Promise.reject(unknown) }), url)).toEqual(failed);
    expect(await post(egressWith({ resolve: async () => [] }), url)).toEqual(failed);
  });

  test('that does not answer is given up in its own time', async () => {
    const resolve = (): Promise<never> => new Promise(() => undefined);
    const limits = { ...shortLimits, connectTimeoutMs: 60_000, totalTimeoutMs: 60_000 };
    const egress = egressWith({ resolve, limits });
    expect(await post(egress, 'https://hooks.example.com/')).toEqual(failed);
  });
});

describe('a connection', () => {
  test('that does not come about in time is a timeout', async () => {
    // Looking the name up is part of connecting; here it outlasts the bound of that.
    const resolve = (): Promise<never> => new Promise(() => undefined);
    const limits = { ...shortLimits, dnsTimeoutMs: 60_000, totalTimeoutMs: 60_000 };
    const egress = egressWith({ resolve, limits });
    expect(await post(egress, 'https://hooks.example.com/')).toEqual({
      kind: 'failed',
      errorClass: 'timeout',
    });
  });

  test('is used again while it is young', async () => {
    const ports = new Set<number | undefined>();
    const base = await receiver((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('ok');
    });
    const egress = egressWith();
    for (let n = 0; n < 10; n += 1) await post(egress, base);
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  test('is found on another address of localhost when the first one is closed', async () => {
    const base = await receiver((_request, response) => response.end('ok'));
    const answer = await post(egressWith(), base.replace('127.0.0.1', 'localhost'));
    expect(answer).toMatchObject({ kind: 'answered', status: 200 });
  });
});

describe('the caller’s signal', () => {
  test('ends a request under way, which is neither an answer nor a failure', async () => {
    const arrived = once();
    const base = await receiver(() => arrived.resolve());
    const caller = new AbortController();
    const limits = { ...shortLimits, totalTimeoutMs: 60_000 };
    const answer = post(egressWith({ limits }), base, caller.signal);
    await arrived.promise;
    caller.abort();
    expect(await answer).toEqual({ kind: 'interrupted' });
  });

  test('that has ended before sends nothing', async () => {
    let requests = 0;
    const base = await receiver((_request, response) => {
      requests += 1;
      response.end();
    });
    expect(await post(egressWith(), base, AbortSignal.abort())).toEqual({ kind: 'interrupted' });
    expect(requests).toBe(0);
  });
});
