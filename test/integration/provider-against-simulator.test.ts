/**
 * The OpenAI adapter against the simulator, which was written without our schemas: every fault
 * gives the class of the table, a streamed answer equals the unstreamed one, and the bill agrees
 * with what each outcome says about money.
 */
import type { JobKind } from '@forebay/shared/domain/model-catalog';
import type { CallOutcome, ProviderClient } from '@forebay/shared/ports/provider-client';
import { priceUsage } from '@forebay/shared/pricing/price-attempt';
import { systemClock } from '@forebay/shared/runtime/clock';
import { type Simulator, startSimulator } from '@forebay/simulator/simulator';
import { createProviderClient } from '@forebay/worker/providers/provider-client';
import { type CallOverrides, callTo } from '@forebay/worker/providers/testing/provider-call';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { samplePriceRow } from '../support/sample-catalog.ts';

const million = 1_000_000_000n;

/** The same price twice: as the simulator bills it, and as our row. */
const pricedModel = {
  latency_ms: 0,
  cached_share: 0.4,
  reasoning_tokens: 7,
  price: {
    input_per_million_usd: '1.000000001',
    cached_input_per_million_usd: '0.1',
    output_per_million_usd: '4',
    reasoning_per_million_usd: '5',
    per_call_usd: '0.0001',
    long: {
      above_prompt_tokens: 60,
      input_per_million_usd: '2',
      cached_input_per_million_usd: '0.2',
      output_per_million_usd: '6',
    },
  },
};

const longRates = samplePriceRow({
  input: 2n * million,
  cachedInput: million / 5n,
  output: 6n * million,
});

const pricedRow = samplePriceRow({
  input: million + 1n,
  cachedInput: million / 10n,
  output: 4n * million,
  reasoning: 5n * million,
  perRequest: 100_000n,
  tiers: [{ ...longRates, aboveInputTokens: 60 }],
});

let simulator: Simulator;
let client: ProviderClient;
let calls = 0;

beforeAll(async () => {
  simulator = await startSimulator({
    scenario: { models: { small: { latency_ms: 0 }, priced: pricedModel } },
  });
  client = createProviderClient({ clock: systemClock, resolveKey: () => 'sk-sim' });
});

afterAll(async () => {
  await client.close();
  await simulator.close();
});

/** One call whose prompt carries the marker of a fault. */
async function callWith(marker: string, overrides: CallOverrides = {}) {
  const prompt = `Write about rivers. ${marker}`;
  const kind = overrides.kind ?? 'chat.completions';
  const chat = { messages: [{ role: 'user', content: prompt }] };
  const body = kind === 'chat.completions' ? chat : { input: prompt };
  calls += 1;
  const attemptId = `job_sim.${calls}`;
  const call = { body, upstreamModel: 'small', attemptId, ...overrides };
  const outcome = await client.call(callTo(`${simulator.url}/v1`, call));
  return { outcome, attemptId };
}

/** Design section 6, for one call: what is free has no bill line, what has usage equals its own. */
async function expectBillAgrees(attemptId: string, outcome: CallOutcome): Promise<void> {
  // The line of a call that we gave up on is written when the simulator notices.
  const written = (): boolean => simulator.calls().some((call) => call.attempt_id === attemptId);
  await expect.poll(written, { timeout: 10_000 }).toBe(true);
  const lines = simulator.bill().filter((line) => line.attempt_id === attemptId);
  if (outcome.kind !== 'answered') {
    if (outcome.ambiguity === 'refused' || outcome.ambiguity === 'not_sent') {
      expect(lines).toEqual([]);
    }
  }
  if (outcome.kind !== 'aborted' && outcome.usage !== undefined) {
    expect(lines).toHaveLength(1);
    expect(lines[0]?.prompt_tokens).toBe(outcome.usage.inputTokens);
    expect(lines[0]?.completion_tokens).toBe(outcome.usage.outputTokens);
    expect(lines[0]?.cached_tokens).toBe(outcome.usage.cachedInputTokens);
  }
}

/** Short only where time shall run out: a busy machine stands still for longer than that. */
const timersFor = (expected: string) =>
  expected.startsWith('timeout')
    ? { firstByteTimeoutMs: 300, idleTimeoutMs: 300, totalTimeoutMs: 600 }
    : { firstByteTimeoutMs: 10_000, idleTimeoutMs: 10_000, totalTimeoutMs: 20_000 };

/** Marker, then class and ambiguity when streamed and, where it differs, when not. */
const faults: readonly [marker: string, streamed: string, unstreamed?: string][] = [
  ['rate_limit', 'rate_limited refused'],
  ['quota_exhausted', 'quota_exhausted refused'],
  ['server_error', 'server_error refused'],
  ['server_error body=html', 'gateway_error unknown'],
  ['server_error status=502', 'gateway_error unknown'],
  ['server_error status=503', 'overloaded refused'],
  ['server_error status=504 body=html', 'gateway_error unknown'],
  ['server_error status=529', 'overloaded refused'],
  ['bad_request', 'bad_request refused'],
  ['unauthorized', 'unauthorized refused'],
  ['forbidden', 'unauthorized refused'],
  ['not_found', 'not_found refused'],
  ['context_overflow', 'context_too_long refused'],
  ['content_filter', 'content_filtered refused'],
  ['content_filter at=answer', 'content_filtered answered'],
  ['invalid_json', 'malformed_answer unknown'],
  ['html_body', 'malformed_answer unknown'],
  ['empty_body', 'cut unknown', 'malformed_answer unknown'],
  // The stream has opened a choice by then, and who knows what was generated behind it.
  ['error_in_200', 'cut unknown', 'server_error refused'],
  ['error_in_200 after_tokens=3 billed=yes', 'cut unknown', 'server_error refused'],
  ['hang_before_headers', 'timeout unknown'],
  ['stall_mid_body', 'timeout unknown'],
  ['slow_drip interval_ms=20', 'timeout unknown'],
  ['cut_mid_body how=close', 'cut unknown'],
  ['cut_mid_body how=reset', 'cut unknown'],
  ['cut_mid_body how=clean', 'cut unknown', 'malformed_answer unknown'],
  ['cut_mid_body how=length', 'cut unknown'],
  ['connection_reset', 'cut unknown'],
  ['connection_refuse', 'cut unknown'],
];

describe.each([
  ['streamed', true],
  ['unstreamed', false],
])('%s chat', (_name, stream) => {
  test.each(faults)('with [[sim:%s]] has the class of the table', async (...fault) => {
    const [marker, streamed, unstreamed] = fault;
    const expected = stream ? streamed : (unstreamed ?? streamed);
    const { outcome, attemptId } = await callWith(`[[sim:${marker}]]`, {
      stream,
      timers: timersFor(expected),
    });
    if (outcome.kind !== 'failed') throw new Error(`${marker} ended ${outcome.kind}`);
    expect(`${outcome.errorClass} ${outcome.ambiguity}`).toBe(expected);
    // The provider here charges for an error that it calls free; nobody could tell from outside.
    if (!marker.includes('billed=yes') || stream) await expectBillAgrees(attemptId, outcome);
  });

  test.each(['missing', 'zero', 'negative', 'huge', 'string'])(
    'with %s usage is an answer without usage (F28)',
    async (value) => {
      const { outcome } = await callWith(`[[sim:wrong_usage value=${value}]]`, { stream });
      expect(outcome).toMatchObject({ kind: 'answered' });
      expect(outcome).toHaveProperty('usage', undefined);
    },
  );

  test.each(['', '[[sim:refusal]]', '[[sim:reasoning_tokens count=9]]'])(
    'that goes well (%s) is answered with the usage of the bill',
    async (marker) => {
      const { outcome, attemptId } = await callWith(marker, { stream });
      expect(outcome).toMatchObject({ kind: 'answered', usage: expect.anything() });
      await expectBillAgrees(attemptId, outcome);
    },
  );

  test.each([
    ['seconds', 1_000],
    ['ms', 1_000],
    ['absurd', 86_400_000],
    ['negative', 0],
  ])('with a wait told as %s', async (form, expected) => {
    const marker = `[[sim:rate_limit retry_after=${form} seconds=1]]`;
    const { outcome } = await callWith(marker, { stream });
    expect(outcome).toHaveProperty('retryAfterMs', expected);
  });
});

describe('the other kinds', () => {
  test.each<JobKind>(['embeddings', 'responses'])('%s: answers and faults', async (kind) => {
    const good = await callWith('', { kind });
    expect(good.outcome).toMatchObject({ kind: 'answered', usage: expect.anything() });
    await expectBillAgrees(good.attemptId, good.outcome);
    const overloaded = await callWith('[[sim:server_error status=503]]', { kind });
    expect(overloaded.outcome).toMatchObject({ errorClass: 'overloaded', ambiguity: 'refused' });
    const cut = await callWith('[[sim:cut_mid_body]]', { kind });
    expect(cut.outcome).toMatchObject({ errorClass: 'cut', ambiguity: 'unknown' });
    const error = await callWith('[[sim:error_in_200]]', { kind });
    expect(error.outcome).toMatchObject({ errorClass: 'server_error', ambiguity: 'refused' });
  });
});

describe('what an answer costs', () => {
  test.each([1, 10, 40, 50, 60, 70, 80, 400])(
    'is to the nano-dollar what the bill says, with %s words of prompt',
    async (words) => {
      const content = 'river '.repeat(words);
      const { outcome, attemptId } = await callWith('', {
        upstreamModel: 'priced',
        body: { messages: [{ role: 'user', content }] },
      });
      if (outcome.kind !== 'answered' || outcome.usage === undefined) throw new Error('no usage');
      const [line] = simulator.bill().filter((each) => each.attempt_id === attemptId);
      expect(outcome.usage.reasoningTokens).toBeGreaterThan(0);
      expect(priceUsage(pricedRow, outcome.usage, 0).toString()).toBe(line?.cost_nano_usd);
    },
  );
});

/** Fields that two calls cannot share. */
function comparable(outcome: CallOutcome): unknown {
  if (outcome.kind !== 'answered') throw new Error(`expected an answer, got ${outcome.kind}`);
  const text = JSON.stringify({ ...outcome.body, id: 'id', created: 0 });
  return JSON.parse(text.replaceAll(/call_sim[0-9a-f]{24}/g, 'call_id'));
}

const weatherTool = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};

describe('a streamed answer equals the unstreamed one', () => {
  test.each<[string, Record<string, string | number | readonly object[] | object>]>([
    ['for text', {}],
    ['for four choices', { n: 4 }],
    ['for a tool call', { tools: [weatherTool], tool_choice: 'required' }],
    ['for a tool call in three choices', { tools: [weatherTool], tool_choice: 'required', n: 3 }],
    ['for JSON', { response_format: { type: 'json_object' } }],
    ['for an answer cut by its cap', { max_tokens: 1 }],
  ])('%s', async (_name, fields) => {
    const prompts = ['What is the weather in Rome?', 'Ünïcode 😀 please [[sim:refusal]]'];
    for (const content of prompts) {
      const body = JSON.parse(JSON.stringify({ messages: [{ role: 'user', content }], ...fields }));
      const streamed = await callWith('', { body, stream: true });
      const unstreamed = await callWith('', { body, stream: false });
      expect(comparable(streamed.outcome)).toEqual(comparable(unstreamed.outcome));
      expect(streamed.outcome).toHaveProperty(
        'usage',
        unstreamed.outcome.kind === 'answered' ? unstreamed.outcome.usage : undefined,
      );
    }
  });
});
