/**
 * The adapter for the Messages API against the simulator, which was written without it: faults
 * give the class of the table, a streamed answer equals the unstreamed one, and usage is that of
 * the bill.
 */
import type { JsonObject } from '@forebay/shared/domain/json';
import type { CallOutcome, ProviderClient } from '@forebay/shared/ports/provider-client';
import { boundRequest } from '@forebay/shared/pricing/bound-request';
import { systemClock } from '@forebay/shared/runtime/clock';
import { type Simulator, startSimulator } from '@forebay/simulator/simulator';
import { createProviderClient } from '@forebay/worker/providers/provider-client';
import { type CallOverrides, callTo } from '@forebay/worker/providers/testing/provider-call';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let simulator: Simulator;
let client: ProviderClient;
let calls = 0;

beforeAll(async () => {
  const quiet = { latency_ms: 0, cached_share: 0.4, reasoning_tokens: 7 };
  simulator = await startSimulator({ scenario: { default: quiet } });
  client = createProviderClient({ clock: systemClock, resolveKey: () => 'sk-sim' });
});

afterAll(async () => {
  await client.close();
  await simulator.close();
});

async function callWith(body: JsonObject, overrides: CallOverrides = {}) {
  calls += 1;
  const attemptId = `job_sim.${calls}`;
  const usual = { dialect: 'anthropic', apiKeyEnv: 'KEY', attemptId, body } as const;
  const outcome = await client.call(callTo(`${simulator.url}/v1`, { ...usual, ...overrides }));
  const [line] = simulator.bill().filter((each) => each.attempt_id === attemptId);
  return { outcome, line };
}

function asking(content: string, fields: JsonObject = {}): JsonObject {
  return { messages: [{ role: 'user', content }], ...fields };
}

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
    },
  },
};
const schema = {
  type: 'object',
  properties: { n: { type: 'integer', minimum: 3 } },
  required: ['n'],
};
const format = { type: 'json_schema', json_schema: { name: 'x', schema } };
const call = {
  id: 'a',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Bern"}' },
};

const requests: readonly [name: string, body: JsonObject, finish: string][] = [
  ['a question', asking('What is a river?'), 'stop'],
  ['an answer that its cap cuts', asking('Hi', { reasoning_effort: 'low' }), 'length'],
  ['a stop text', asking('What is a lake?', { stop: ['e'] }), 'stop'],
  ['thinking', asking('Why?', { reasoning_effort: 'high' }), 'stop'],
  ['a tool', asking('Weather?', { tools: [weather] }), 'tool_calls'],
  ['a schema', asking('Count.', { response_format: format }), 'stop'],
  [
    'a round of tool calls',
    {
      tools: [weather],
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'a', content: 'sunny' },
        { role: 'user', content: 'And now?' },
      ],
    },
    'stop',
  ],
];

/** Fields that two calls cannot share. */
function comparable(outcome: CallOutcome): unknown {
  if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome));
  const text = JSON.stringify({ ...outcome.body, id: 'id', created: 0 });
  return JSON.parse(text.replaceAll(/toolu_sim[0-9a-f]{24}/g, 'call_id'));
}

describe('a request of the Messages API', () => {
  test.each(requests)('with %s is taken, and answered alike whole and streamed', async (...row) => {
    const [name, body, finish] = row;
    const outputCapTokens = name.includes('cap') ? 9 : 4_000;
    const streamed = await callWith(body, { stream: true, outputCapTokens });
    const whole = await callWith(body, { stream: false, outputCapTokens });
    expect(comparable(streamed.outcome)).toEqual(comparable(whole.outcome));
    expect(whole.outcome).toHaveProperty('body.choices[0].finish_reason', finish);
    for (const { outcome, line } of [streamed, whole]) {
      if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome));
      expect(outcome.usage).toEqual({
        inputTokens: line?.prompt_tokens,
        cachedInputTokens: line?.cached_tokens,
        outputTokens: line?.completion_tokens,
        reasoningTokens: 7,
      });
    }
    // What is reserved is a bound on what is billed, with all that the service adds.
    const bounded = boundRequest('chat.completions', body);
    if (bounded.kind !== 'bounded') throw new Error(JSON.stringify(bounded));
    expect(whole.line?.prompt_tokens).toBeLessThanOrEqual(bounded.features.inputTokensBound);
  });

  test('shows its text and thinking before its end', async () => {
    const fields = new Set<string>();
    await callWith(asking('Why?', { reasoning_effort: 'high' }), {
      outputCapTokens: 4_000,
      onDelta: ({ field }) => fields.add(field),
    });
    expect([...fields]).toEqual(['reasoning', 'content']);
  });
});

describe('a fault', () => {
  test.each([
    ['rate_limit', 'rate_limited refused'],
    ['quota_exhausted', 'quota_exhausted refused'],
    ['server_error', 'server_error refused'],
    ['server_error status=529', 'overloaded refused'],
    ['server_error status=504 body=html', 'gateway_error unknown'],
    ['bad_request', 'bad_request refused'],
    ['unauthorized', 'unauthorized refused'],
    ['forbidden', 'unauthorized refused'],
    ['not_found', 'not_found refused'],
    ['context_overflow', 'context_too_long refused'],
    ['content_filter', 'content_filtered refused'],
    ['content_filter at=answer', 'content_filtered answered'],
    ['refusal', 'content_filtered answered'],
    ['empty_body', 'cut unknown'],
    ['error_in_200', 'cut unknown'],
    ['error_in_200 after_tokens=3 billed=yes', 'cut unknown'],
    ['cut_mid_body how=close', 'cut unknown'],
    ['cut_mid_body how=clean', 'cut unknown'],
    ['cut_mid_body how=clean after_tokens=9999', 'cut unknown'],
    ['connection_reset', 'cut unknown'],
  ])('[[sim:%s]] in a stream is %s', async (marker, expected) => {
    const { outcome, line } = await callWith(asking(`Rivers? [[sim:${marker}]]`), {
      outputCapTokens: 4_000,
    });
    if (outcome.kind !== 'failed') throw new Error(`${marker} ended ${outcome.kind}`);
    expect(`${outcome.errorClass} ${outcome.ambiguity}`).toBe(expected);
    if (outcome.ambiguity === 'refused') expect(line).toBeUndefined();
  });

  test.each(['missing', 'zero', 'negative', 'huge', 'string'])(
    'of %s usage leaves an answer without usage',
    async (value) => {
      const body = asking(`[[sim:wrong_usage value=${value}]]`);
      const { outcome } = await callWith(body, { outputCapTokens: 4_000 });
      expect(outcome).toMatchObject({ kind: 'answered' });
      expect(outcome).toHaveProperty('usage', undefined);
    },
  );
});
