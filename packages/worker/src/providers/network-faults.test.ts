// What breaks below the answer: connections, time, cuts. Raw sockets play the provider.

import type { ProviderClient } from '@forebay/shared/ports/provider-client';
import { systemClock } from '@forebay/shared/runtime/clock';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createProviderClient } from './provider-client.ts';
import { type CallOverrides, callTo } from './testing/provider-call.ts';
import {
  answer,
  head,
  httpChunk,
  type Script,
  type ScriptedServer,
  sseEvent,
  startScriptedServer,
  streamHead,
} from './testing/scripted-server.ts';

const good = {
  choices: [{ index: 0, message: { content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
};
const goodText = JSON.stringify(good);
const firstPart = { choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }] };
const lastPart = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
const goodStream =
  streamHead + httpChunk(sseEvent(firstPart) + sseEvent(lastPart) + sseEvent('[DONE]'));

const jsonHead = (headers: Record<string, string>): string =>
  head(200, { 'content-type': 'application/json', ...headers });

const hang: Script = () => {};
const cut = { kind: 'failed', errorClass: 'cut', ambiguity: 'unknown', usage: undefined };
const timeout = { kind: 'failed', errorClass: 'timeout', ambiguity: 'unknown', usage: undefined };
const notSent = { kind: 'failed', errorClass: 'connect_failed', ambiguity: 'not_sent' };
const malformed = { kind: 'failed', errorClass: 'malformed_answer', ambiguity: 'unknown' };

let server: ScriptedServer;
let client: ProviderClient;

beforeEach(async () => {
  server = await startScriptedServer(hang);
  const deps = { clock: systemClock, resolveKey: () => undefined, answerBytesMax: 100_000 };
  client = createProviderClient(deps);
});

afterEach(async () => {
  await client.close();
  await server.close();
});

function callWith(script: Script, overrides: CallOverrides = {}) {
  server.setScript(script);
  return client.call(callTo(server.baseUrl, { stream: false, ...overrides }));
}

/** Waits until the connection that a request came over is gone on the server's side too. */
async function connectionGone(request: number): Promise<void> {
  // undici opens a fresh, idle connection after a cut, so the number of open ones says nothing.
  await expect.poll(() => server.requests[request]?.socket.destroyed).toBe(true);
}

/** A host that accepts connections but never answers the TLS greeting: not connected yet. */
function unconnectable(overrides: CallOverrides = {}) {
  return client.call(callTo(server.baseUrl.replace('http:', 'https:'), overrides));
}

describe('a call that never connects', () => {
  test('to a closed port is not sent', async () => {
    await server.close();
    expect(await callWith(hang)).toMatchObject(notSent);
  });

  test('within the connect timer is not sent, and its socket does not stay', async () => {
    const outcome = await unconnectable({ timers: { connectTimeoutMs: 40 } });
    expect(outcome).toMatchObject(notSent);
    expect(server.requests).toEqual([]);
  });

  test('within the total timer is not sent either', async () => {
    expect(await unconnectable({ timers: { totalTimeoutMs: 40 } })).toMatchObject(notSent);
  });

  test('because all connections are taken is not sent', async () => {
    const running = callWith(hang, { concurrency: 1 });
    await expect.poll(() => server.requests.length).toBe(1);
    const timers = { connectTimeoutMs: 10_000, totalTimeoutMs: 40 };
    expect(await callWith(hang, { concurrency: 1, timers })).toMatchObject(notSent);
    expect(server.requests).toHaveLength(1);
    await client.close();
    expect(await running).toMatchObject(cut);
  });
});

describe('timers after the request was sent', () => {
  test('first byte: a server that hangs before its headers (F20)', async () => {
    const outcome = await callWith(hang, { timers: { firstByteTimeoutMs: 40 } });
    expect(outcome).toMatchObject({ ...timeout, message: expect.stringContaining('first byte') });
    await connectionGone(0);
  });

  test('first byte: headers alone do not count', async () => {
    const script: Script = (socket) => socket.write(streamHead);
    const timers = { firstByteTimeoutMs: 40 };
    const outcome = await callWith(script, { stream: true, timers });
    expect(outcome).toMatchObject({ ...timeout, message: expect.stringContaining('first byte') });
  });

  test('idle: a server that stalls in the middle', async () => {
    const script: Script = (socket) => socket.write(streamHead + httpChunk(sseEvent(firstPart)));
    const outcome = await callWith(script, { stream: true, timers: { idleTimeoutMs: 40 } });
    expect(outcome).toMatchObject({ ...timeout, message: expect.stringContaining('idle') });
  });

  test('idle: bytes that came while the process stood still count', async () => {
    const script: Script = (socket) => {
      socket.write(streamHead + httpChunk(sseEvent(firstPart)));
      const standStill = (): void => {
        socket.write(httpChunk(sseEvent(lastPart) + sseEvent('[DONE]')) + httpChunk(''));
        const until = systemClock.monotonicMs() + 150;
        while (systemClock.monotonicMs() < until);
      };
      // After an immediate the event loop runs due timers before it reads from sockets.
      systemClock.schedule(20, () => setImmediate(standStill));
    };
    const outcome = await callWith(script, { stream: true, timers: { idleTimeoutMs: 100 } });
    expect(outcome).toMatchObject({ kind: 'answered' });
  });

  test('total: a slow drip that is never idle (F21)', async () => {
    const drip: Script = (socket) => {
      socket.write(streamHead);
      const next = (): void => {
        if (socket.destroyed) return;
        socket.write(httpChunk(': still here\n\n'));
        systemClock.schedule(5, next);
      };
      next();
    };
    const timers = { idleTimeoutMs: 5_000, totalTimeoutMs: 120 };
    const outcome = await callWith(drip, { stream: true, timers });
    expect(outcome).toMatchObject({ ...timeout, message: expect.stringContaining('total') });
  });

  test('a stream that is slow but never idle for long outlives its idle timer', async () => {
    const pieces: string[] = goodStream.match(/[\s\S]{1,20}/g) ?? [];
    const script: Script = (socket) => {
      const next = (): void => {
        socket.write(pieces.shift() ?? '');
        if (pieces.length > 0) systemClock.schedule(10, next);
        else socket.write(httpChunk(''));
      };
      next();
    };
    const outcome = await callWith(script, { stream: true, timers: { idleTimeoutMs: 1_000 } });
    expect(outcome).toMatchObject({ kind: 'answered' });
    expect(outcome.timings.totalMs).toBeGreaterThan(50);
  });
});

describe('a cut (F22)', () => {
  test.each<[string, Script]>([
    ['closed before the headers', (socket) => socket.end()],
    ['reset before the headers', (socket) => socket.resetAndDestroy()],
    ['closed in the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-ty')],
    [
      'closed before the stated length',
      (socket) => socket.end(jsonHead({ 'content-length': '999' }) + goodText),
    ],
    [
      'closed before the stated length on a connection that ends anyway',
      (socket) => socket.end(jsonHead({ connection: 'close', 'content-length': '999' }) + goodText),
    ],
    [
      'closed before the last chunk',
      (socket) => socket.end(jsonHead({ 'transfer-encoding': 'chunked' }) + httpChunk(goodText)),
    ],
    [
      'closed before the last chunk on a connection that ends anyway',
      (socket) => {
        const headers = { connection: 'close', 'transfer-encoding': 'chunked' };
        socket.end(jsonHead(headers) + httpChunk(goodText));
      },
    ],
    ['no HTTP at all', (socket) => socket.end('220 mail.example ESMTP\r\n')],
  ])('%s is unknown', async (_name, script) => {
    expect(await callWith(script)).toMatchObject(cut);
  });

  test('of half a body that has no length cannot be told from a broken one', async () => {
    const half = goodText.slice(0, 40);
    const script: Script = (socket) => socket.end(jsonHead({ connection: 'close' }) + half);
    expect(await callWith(script)).toMatchObject(malformed);
  });

  test.each<[string, string]>([
    ['in the middle', httpChunk(sseEvent(firstPart)) + httpChunk('')],
    ['inside an event', httpChunk(`${sseEvent(firstPart)}data: {"choi`) + httpChunk('')],
    ['before the end marker', httpChunk(sseEvent(firstPart) + sseEvent(lastPart)) + httpChunk('')],
    ['before anything', httpChunk('')],
    ['without the end of the body', httpChunk(sseEvent(firstPart))],
  ])('of a stream %s is never an answer', async (_name, body) => {
    const outcome = await callWith((socket) => socket.end(streamHead + body), { stream: true });
    expect(outcome).toMatchObject(cut);
  });

  test('of a stream by a reset is unknown', async () => {
    const script: Script = (socket) => {
      socket.write(streamHead + httpChunk(sseEvent(firstPart)), () => socket.resetAndDestroy());
    };
    expect(await callWith(script, { stream: true })).toMatchObject(cut);
  });

  test('after tokens by an error object is unknown, whatever the error says', async () => {
    const error = { error: { message: 'slow down', code: 'rate_limit_exceeded' } };
    const body = httpChunk(sseEvent(firstPart) + sseEvent(error)) + httpChunk('');
    const outcome = await callWith((socket) => socket.write(streamHead + body), { stream: true });
    expect(outcome).toMatchObject({ ...cut, code: 'rate_limit_exceeded' });
  });
});

describe('an answer that is none (F23)', () => {
  test.each([
    ['an HTML page', '<html><body>Welcome</body></html>'],
    ['nothing', ''],
    ['broken JSON', '{"choices":['],
  ])('%s with status 200 is malformed and unknown', async (_name, body) => {
    expect(await callWith(answer({ body }))).toMatchObject(malformed);
    expect(await callWith(answer({ body }), { stream: true })).toMatchObject(malformed);
  });

  test('broken JSON inside a stream is malformed and unknown', async () => {
    const script: Script = (socket) => socket.write(streamHead + httpChunk(sseEvent('{"cho')));
    expect(await callWith(script, { stream: true })).toMatchObject(malformed);
  });

  test('more bytes than allowed are not read', async () => {
    const script: Script = (socket) => {
      socket.write(jsonHead({ 'content-length': '50000000' }));
      const more = (): void => {
        while (!socket.destroyed && socket.write('x'.repeat(16_384)));
      };
      socket.on('drain', more);
      more();
    };
    expect(await callWith(script)).toMatchObject(malformed);
    await connectionGone(0);
  });
});

describe('the end of a stream', () => {
  test('is its end marker: a server that hangs after it has answered', async () => {
    const outcome = await callWith((socket) => socket.write(goodStream), { stream: true });
    expect(outcome).toMatchObject({ kind: 'answered' });
  });

  test('is its end marker: a reset after it changes nothing', async () => {
    const script: Script = (socket) => {
      socket.write(goodStream, () => socket.resetAndDestroy());
    };
    // A reset may throw away what the other side has not read, so either end is right here.
    const outcome = await callWith(script, { stream: true });
    expect(outcome.kind === 'answered' || outcome.ambiguity === 'unknown').toBe(true);
  });

  test('an abort between marker and end comes too late: the answer counts', async () => {
    const stopping = new AbortController();
    const script: Script = (socket) => {
      // Rounds of the event loop, not time: within a few of them the client has read it all.
      const abortIn = (rounds: number): void => {
        if (rounds === 0) stopping.abort();
        else setImmediate(() => abortIn(rounds - 1));
      };
      socket.write(goodStream, () => abortIn(50));
    };
    const outcome = await callWith(script, { stream: true, signal: stopping.signal });
    expect(outcome).toMatchObject({ kind: 'answered' });
  });
});

describe('an abort', () => {
  test('before the call makes no connection', async () => {
    const outcome = await callWith(hang, { signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ kind: 'aborted', ambiguity: 'not_sent' });
    expect(server.acceptedConnections()).toBe(0);
  });

  test('while connecting is not sent, and nothing is sent later', async () => {
    const stopping = new AbortController();
    const running = unconnectable({ signal: stopping.signal, timers: { connectTimeoutMs: 500 } });
    await expect.poll(() => server.acceptedConnections()).toBe(1);
    stopping.abort();
    expect(await running).toMatchObject({ kind: 'aborted', ambiguity: 'not_sent' });
    expect(server.requests).toEqual([]);
  });

  test('while waiting for a connection is not sent, nor when one is free', async () => {
    const first = new AbortController();
    const running = callWith(hang, { concurrency: 1, signal: first.signal });
    await expect.poll(() => server.requests.length).toBe(1);
    const second = new AbortController();
    const signal = second.signal;
    const waiting = callWith(hang, { concurrency: 1, signal, attemptId: 'job_late.1' });
    second.abort();
    expect(await waiting).toMatchObject({ kind: 'aborted', ambiguity: 'not_sent' });
    first.abort();
    await running;
    await callWith(answer({ body: good }), { concurrency: 1, attemptId: 'job_next.1' });
    const attempts = server.requests.map((request) => request.headers['x-forebay-attempt-id']);
    expect(attempts).toEqual(['job_test.1', 'job_next.1']);
  });

  test.each<[string, Script]>([
    ['before the headers', hang],
    ['in the middle', (socket) => socket.write(streamHead + httpChunk(sseEvent(firstPart)))],
  ])('%s is unknown and cuts the connection', async (_name, script) => {
    const stopping = new AbortController();
    const running = callWith(script, { stream: true, signal: stopping.signal });
    await expect.poll(() => server.requests.length).toBe(1);
    stopping.abort();
    expect(await running).toMatchObject({ kind: 'aborted', ambiguity: 'unknown' });
    await connectionGone(0);
  });
});

describe('connections', () => {
  test('are used again, also after a stream', async () => {
    const concurrency = 1;
    const script: Script = (socket) => socket.write(goodStream + httpChunk(''));
    await callWith(script, { concurrency, stream: true });
    await callWith(answer({ status: 500, body: { error: { message: 'no' } } }), { concurrency });
    const last = await callWith(answer({ body: good }), { concurrency });
    expect(last).toMatchObject({ kind: 'answered' });
    expect(server.acceptedConnections()).toBe(1);
  });

  test('are no more than the concurrency of the deployment', async () => {
    const script = answer({ body: good });
    const calls = Array.from({ length: 12 }, () => callWith(script, { concurrency: 3 }));
    for (const outcome of await Promise.all(calls)) expect(outcome.kind).toBe('answered');
    expect(server.acceptedConnections()).toBeLessThanOrEqual(3);
  });

  test('follow a new configuration while a call of the old one ends in peace', async () => {
    let finish = (): void => {};
    const slow: Script = (socket, request) => {
      finish = () => answer({ body: good })(socket, request);
    };
    const old = callWith(slow, { concurrency: 1 });
    await expect.poll(() => server.requests.length).toBe(1);
    const next = await callWith(answer({ body: good }), { concurrency: 2 });
    expect(next).toMatchObject({ kind: 'answered' });
    finish();
    expect(await old).toMatchObject({ kind: 'answered' });
  });

  test('are gone after close, which cuts what runs and refuses what comes', async () => {
    const running = callWith(hang);
    await expect.poll(() => server.requests.length).toBe(1);
    await client.close();
    await client.close();
    expect(await running).toMatchObject(cut);
    expect(await callWith(answer({ body: good }))).toMatchObject(notSent);
    await expect.poll(() => server.openConnections()).toBe(0);
  });
});
