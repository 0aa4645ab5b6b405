import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../simulator.ts';
import { askChat, post } from '../testing/ask.ts';
import { costNanoUsd, parseUsd } from './price.ts';

let simulator: Simulator | null = null;

afterEach(async () => {
  await simulator?.close();
  simulator = null;
});

const scenario = {
  default: {
    latency_ms: 0,
    output_tokens: 7,
    reasoning_tokens: 2,
    cached_share: 0.5,
    price: {
      input_per_million_usd: '0.15',
      cached_input_per_million_usd: '0.075',
      output_per_million_usd: '0.601',
    },
  },
};

test('dollars are read exactly, and nothing else is', () => {
  expect(parseUsd('0.15')).toBe(150_000_000n);
  expect(parseUsd('12')).toBe(12_000_000_000n);
  expect(parseUsd('0.000000001')).toBe(1n);
  for (const text of ['', '-1', '1e3', '0.0000000001', '.5', '1.', ' 1']) {
    expect(parseUsd(text)).toBeNull();
  }
});

test('a cost is rounded up once, over the whole call', () => {
  const price = {
    inputPerMillionNanoUsd: 1n,
    cachedInputPerMillionNanoUsd: 1n,
    outputPerMillionNanoUsd: 1n,
  };
  const usage = { promptTokens: 2, cachedTokens: 1, completionTokens: 1, reasoningTokens: 0 };
  expect(costNanoUsd(price, usage)).toBe(1n);
  const nothing = { ...usage, promptTokens: 0, cachedTokens: 0, completionTokens: 0 };
  expect(costNanoUsd(price, nothing)).toBe(0n);
});

test('a bill line holds the ids, the usage shown and its exact cost', async () => {
  simulator = await startSimulator({ scenario });
  const headers = { 'x-forebay-attempt-id': 'att_1', 'idempotency-key': 'key-1' };
  const body = { model: 'small', messages: [{ role: 'user', content: 'x'.repeat(33) }] };
  const answer = await post(`${simulator.url}/d/east/v1/chat/completions`, body, { headers });
  const { usage } = JSON.parse(answer.text);
  expect(usage).toMatchObject({
    prompt_tokens: 12,
    completion_tokens: 9,
    prompt_tokens_details: { cached_tokens: 6 },
    completion_tokens_details: { reasoning_tokens: 2 },
  });
  // 6 × 0.15 + 6 × 0.075 + 9 × 0.601 dollars per million = 6,759 nano-dollars.
  expect(simulator.bill()).toEqual([
    expect.objectContaining({
      deployment: 'east',
      model: 'small',
      kind: 'chat.completions',
      attempt_id: 'att_1',
      idempotency_key: 'key-1',
      status: 200,
      billed: true,
      completed: true,
      ending: 'answered',
      fault: null,
      prompt_tokens: 12,
      cached_tokens: 6,
      completion_tokens: 9,
      cost_nano_usd: '6759',
      bytes_sent: answer.text.length,
    }),
  ]);
});

test('the line is there, and the place free, as soon as the caller has the answer', async () => {
  simulator = await startSimulator({ scenario: { default: { latency_ms: 0, capacity: 1 } } });
  for (let call = 1; call <= 20; call += 1) {
    const answer = await askChat(simulator, `Call ${call}`, { stream: call % 2 === 0 });
    expect(answer.status).toBe(200);
    expect(simulator.bill()).toHaveLength(call);
    expect(simulator.stats().in_flight).toBe(0);
  }
});

test('prompt tokens never exceed the bytes of the request', async () => {
  simulator = await startSimulator({ scenario });
  const bodies = [
    { model: 'm', messages: [{ role: 'user', content: '' }] },
    { model: 'm', messages: Array(50).fill({ role: 'user' }) },
    { model: 'm', messages: [{ role: 'user', content: '日本語'.repeat(50) }] },
  ];
  for (const body of bodies) {
    const answer = await post(`${simulator.url}/v1/chat/completions`, body);
    const bytes = Buffer.byteLength(JSON.stringify(body));
    expect(JSON.parse(answer.text).usage.prompt_tokens).toBeLessThanOrEqual(bytes);
  }
});

test('the bill file has each billed line and survives a reset of the memory', async () => {
  const billFile = join(tmpdir(), `simulator-bill-${process.pid}.jsonl`);
  try {
    simulator = await startSimulator({ scenario, billFile });
    await askChat(simulator, 'One.');
    await askChat(simulator, '[[sim:rate_limit]]');
    await fetch(`${simulator.url}/_sim/bill`, { method: 'DELETE' });
    await askChat(simulator, 'Two.');
    const lines = readFileSync(billFile, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).billed)).toEqual([true, true]);
    expect(simulator.calls()).toHaveLength(1);
  } finally {
    rmSync(billFile, { force: true });
  }
});

test('closing in the middle of a call still writes its line', async () => {
  simulator = await startSimulator({ scenario });
  const answer = askChat(simulator, '[[sim:hang_before_headers]]').catch((error: Error) => error);
  await expect.poll(() => simulator?.stats().in_flight).toBe(1);
  await simulator.close();
  expect(await answer).toBeInstanceOf(Error);
  expect(simulator.bill()).toMatchObject([{ ending: 'client_gone', completion_tokens: 9 }]);
});
