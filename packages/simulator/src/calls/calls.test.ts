import { afterEach, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../simulator.ts';
import { askChat, post } from '../testing/ask.ts';

let simulator: Simulator;

afterEach(() => simulator.close());

async function setup(scenario: Record<string, unknown> = {}): Promise<Simulator> {
  simulator = await startSimulator({ scenario: { default: { latency_ms: 0 }, ...scenario } });
  return simulator;
}

const textOf = async (content: string, extra: Record<string, unknown> = {}) =>
  JSON.parse((await askChat(simulator, content, extra)).text).choices[0].message.content;

test('an answer depends on seed, model and prompt only', async () => {
  await setup();
  const first = await textOf('Hello');
  expect(await textOf('Hello', { path: '/d/east/v1' })).toBe(first);
  expect(await textOf('Hello!')).not.toBe(first);
  expect(await textOf('Hello', { model: 'large' })).not.toBe(first);
  await simulator.close();
  simulator = await startSimulator({ seed: 2 });
  expect(await textOf('Hello')).not.toBe(first);
  await simulator.close();
  await setup();
  expect(await textOf('Hello')).toBe(first);
});

test('a request that makes no sense gets the 400 of the real service', async () => {
  await setup();
  const url = `${simulator.url}/v1/chat/completions`;
  const message = { role: 'user', content: 'x' };
  const good = { model: 'small', messages: [message] };
  const paramOf = async (body: unknown) => {
    const answer = await post(url, body);
    expect(answer.status).toBe(400);
    return JSON.parse(answer.text).error.param;
  };
  expect(await paramOf('{"model":')).toBeNull();
  expect(await paramOf({ messages: [message] })).toBe('model');
  expect(await paramOf({ ...good, messages: [] })).toBe('messages');
  expect(await paramOf({ ...good, messages: [{ role: 'boss' }] })).toBe('messages[0].role');
  expect(await paramOf({ ...good, max_tokens: 0 })).toBe('max_tokens');
  expect(await paramOf({ ...good, max_tokens: 1, max_completion_tokens: 1 })).toBe('max_tokens');
  expect(await paramOf({ ...good, stream_options: {} })).toBe('stream_options');
  expect((await post(`${simulator.url}/v1/nothing`, good)).status).toBe(404);
});

test('a stop text ends the answer', async () => {
  await setup();
  const whole = await textOf('Stop somewhere.');
  const stop = whole.slice(20, 26);
  expect(await textOf('Stop somewhere.', { stop })).toBe(whole.slice(0, whole.indexOf(stop)));
});

test('keys are checked where the scenario lists them', async () => {
  await setup({ keys: ['k1'], deployments: { east: { keys: ['k2'] } } });
  const ask = async (path: string, key: string) => {
    const body = { model: 'small', messages: [{ role: 'user', content: 'x' }] };
    const headers = { authorization: `Bearer ${key}` };
    return (await post(`${simulator.url}${path}/chat/completions`, body, { headers })).status;
  };
  expect(await ask('/v1', 'k1')).toBe(200);
  expect(await ask('/v1', 'k2')).toBe(401);
  expect(await ask('/d/east/v1', 'k2')).toBe(200);
  expect((await fetch(`${simulator.url}/v1/models`)).status).toBe(401);
});

test('a strict scenario knows its own models only', async () => {
  await setup({ strict_models: true, models: { small: {} } });
  expect((await askChat(simulator, 'x')).status).toBe(200);
  const answer = await askChat(simulator, 'x', { model: 'large' });
  expect(JSON.parse(answer.text).error.code).toBe('model_not_found');
});

test('deployments have their own behaviour, and one may refuse connections', async () => {
  await setup({
    models: { small: { output_tokens: 5 } },
    deployments: {
      east: { models: { small: { faults: [{ kind: 'server_error' }] } } },
      west: { refuse_connections: true },
    },
  });
  expect((await askChat(simulator, 'x')).status).toBe(200);
  expect((await askChat(simulator, 'x', { path: '/d/east/v1' })).status).toBe(500);
  await expect(askChat(simulator, 'x', { path: '/d/west/v1' })).rejects.toThrow();
  expect(simulator.calls().map((line) => line.deployment)).toEqual(['default', 'east', 'west']);
});

test('a prompt with its cap that is longer than the window is refused', async () => {
  await setup({ default: { latency_ms: 0, context_window: 20 } });
  expect((await askChat(simulator, 'x', { max_tokens: 16 })).status).toBe(200);
  const answer = await askChat(simulator, 'x', { max_tokens: 17 });
  expect(JSON.parse(answer.text).error.code).toBe('context_length_exceeded');
  expect(JSON.parse((await askChat(simulator, 'x')).text).usage.total_tokens).toBe(20);
});

test('calls beyond the capacity get a 429 while the others go on', async () => {
  await setup({ default: { latency_ms: 0, capacity: 2 } });
  simulator.hold({ model: 'small' });
  const held = [askChat(simulator, 'a'), askChat(simulator, 'b')];
  expect(await simulator.waitForHeld(2, 2000, { model: 'small' })).toBe(true);
  const refused = await askChat(simulator, 'c');
  expect(refused.status).toBe(429);
  expect(refused.headers['retry-after']).toBe('1');
  simulator.release();
  expect((await Promise.all(held)).map((answer) => answer.status)).toEqual([200, 200]);
  expect(simulator.stats().lanes).toMatchObject([{ in_flight: 0, max_in_flight: 2, calls: 3 }]);
});

test('a rate limit counts admitted calls in a sliding window and shows it in headers', async () => {
  await setup({
    default: { latency_ms: 0, rpm: 2, rate_window_ms: 300, retry_after: 'ms' },
  });
  const first = await askChat(simulator, 'a');
  expect(first.headers).toMatchObject({
    'x-ratelimit-limit-requests': '2',
    'x-ratelimit-remaining-requests': '1',
    'x-ratelimit-reset-requests': expect.stringMatching(/ms$/),
    'openai-processing-ms': expect.stringMatching(/^\d+$/),
    'x-request-id': expect.stringMatching(/^req_/),
  });
  await askChat(simulator, 'b');
  const refused = await askChat(simulator, 'c');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after-ms'])).toBeLessThanOrEqual(300);
  await expect.poll(async () => (await askChat(simulator, 'd')).status).toBe(200);
});

test('tokens are limited as well, on what a call could use', async () => {
  await setup({ default: { latency_ms: 0, tpm: 100, retry_after: 'none' } });
  expect((await askChat(simulator, 'x', { max_tokens: 60 })).status).toBe(200);
  const refused = await askChat(simulator, 'x', { max_tokens: 60 });
  expect(JSON.parse(refused.text).error.type).toBe('tokens');
  expect(refused.headers['retry-after']).toBeUndefined();
});

test('latency and pace are real time', async () => {
  await setup({ default: { latency_ms: 50, per_token_ms: 5, output_tokens: 10 } });
  const startedAtMs = performance.now();
  await askChat(simulator, 'plain');
  const plainMs = performance.now() - startedAtMs;
  await askChat(simulator, 'streamed', { stream: true });
  const streamedMs = performance.now() - startedAtMs - plainMs;
  expect(plainMs).toBeGreaterThanOrEqual(95);
  expect(streamedMs).toBeGreaterThanOrEqual(95);
});

test('a held call whose caller leaves is gone and costs nothing', async () => {
  await setup();
  simulator.hold();
  const leave = new AbortController();
  const answer = askChat(simulator, 'x', { signal: leave.signal }).catch((error: Error) => error);
  await simulator.waitForHeld(1, 2000);
  leave.abort();
  await answer;
  expect(await simulator.waitForCalls(1, 2000)).toBe(true);
  expect(simulator.calls()).toMatchObject([{ ending: 'client_gone', billed: false }]);
  expect(simulator.stats().in_flight).toBe(0);
});
