/**
 * The Gemini adapter against the simulator, which was written without our schemas: faults give the
 * class of the table, a streamed answer equals the unstreamed one, tools go there and back, and
 * the bill agrees with what each outcome says about money.
 */
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import type { CallOutcome, ProviderClient } from '@forebay/shared/ports/provider-client';
import { systemClock } from '@forebay/shared/runtime/clock';
import { type Simulator, startSimulator } from '@forebay/simulator/simulator';
import { createProviderClient } from '@forebay/worker/providers/provider-client';
import { type CallOverrides, callTo } from '@forebay/worker/providers/testing/provider-call';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let simulator: Simulator;
let client: ProviderClient;
let calls = 0;

beforeAll(async () => {
  const quiet = { latency_ms: 0, cached_share: 0.4, reasoning_tokens: 7, output_tokens: 20 };
  simulator = await startSimulator({ scenario: { keys: ['AIza-sim'], default: quiet } });
  client = createProviderClient({ clock: systemClock, resolveKey: () => 'AIza-sim' });
});

afterAll(async () => {
  await client.close();
  await simulator.close();
});

async function callWith(body: JsonObject, overrides: CallOverrides = {}) {
  calls += 1;
  const attemptId = `job_sim.${calls}`;
  const fixed = { dialect: 'gemini', apiKeyEnv: 'KEY', upstreamModel: 'gemini-3-flash' } as const;
  const outcome = await client.call(
    callTo(`${simulator.url}/v1beta`, { body, attemptId, ...fixed, ...overrides }),
  );
  return { outcome, attemptId };
}

function said(content: string, rest: JsonObject = {}): JsonObject {
  return { messages: [{ role: 'user', content }], ...rest };
}

function kindOf(outcome: CallOutcome): string {
  return outcome.kind === 'failed' ? `${outcome.errorClass} ${outcome.ambiguity}` : outcome.kind;
}

/** Design section 6, for one call: what is free has no bill line, what has usage equals its own. */
async function expectBillAgrees(attemptId: string, outcome: CallOutcome): Promise<void> {
  const written = (): boolean => simulator.calls().some((call) => call.attempt_id === attemptId);
  await expect.poll(written, { timeout: 10_000 }).toBe(true);
  const lines = simulator.bill().filter((line) => line.attempt_id === attemptId);
  const isFree = outcome.kind !== 'answered' && outcome.ambiguity === 'refused';
  if (isFree) expect(lines).toEqual([]);
  if (outcome.kind === 'aborted' || outcome.usage === undefined) return;
  expect(lines).toMatchObject([
    {
      prompt_tokens: outcome.usage.inputTokens,
      completion_tokens: outcome.usage.outputTokens,
      cached_tokens: outcome.usage.cachedInputTokens,
    },
  ]);
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
  ['server_error status=503', 'overloaded refused'],
  ['server_error status=504', 'gateway_error unknown'],
  ['bad_request', 'bad_request refused'],
  ['unauthorized', 'unauthorized refused'],
  ['forbidden', 'unauthorized refused'],
  ['not_found', 'not_found refused'],
  ['context_overflow', 'context_too_long refused'],
  ['content_filter', 'content_filtered answered'],
  ['content_filter at=answer', 'content_filtered answered'],
  ['invalid_json', 'malformed_answer unknown'],
  ['empty_body', 'cut unknown', 'malformed_answer unknown'],
  ['error_in_200 after_tokens=9', 'cut unknown', 'server_error refused'],
  ['stall_mid_body', 'timeout unknown'],
  ['cut_mid_body how=close', 'cut unknown'],
  ['cut_mid_body how=clean', 'cut unknown', 'malformed_answer unknown'],
];

describe.each([
  ['streamed', true],
  ['unstreamed', false],
])('%s', (_name, stream) => {
  test.each(faults)('with [[sim:%s]] it has the class of the table', async (...fault) => {
    const [marker, streamed, unstreamed] = fault;
    const body = said(`Write about rivers. [[sim:${marker}]]`);
    const expected = stream ? streamed : (unstreamed ?? streamed);
    const timers = timersFor(expected);
    const { outcome, attemptId } = await callWith(body, { stream, timers });
    expect(kindOf(outcome)).toBe(expected);
    await expectBillAgrees(attemptId, outcome);
  });

  test.each(['missing', 'zero', 'negative', 'huge', 'string'])(
    'with %s usage it is an answer without usage',
    async (value) => {
      const body = said(`Rivers [[sim:wrong_usage value=${value}]]`);
      const { outcome } = await callWith(body, { stream });
      expect(outcome).toMatchObject({ kind: 'answered' });
      expect(outcome).toHaveProperty('usage', undefined);
    },
  );
});

/** Fields that two calls cannot share. */
function comparable(outcome: CallOutcome): unknown {
  if (outcome.kind !== 'answered') throw new Error(`expected an answer, got ${outcome.kind}`);
  const { id: _id, created: _created, ...rest } = outcome.body;
  const text = JSON.stringify(rest).replaceAll(/call_job_sim_\d+/g, 'call_x');
  return JSON.parse(text.replaceAll(/"thought_signature":"[^"]+"/g, '"thought_signature":"s"'));
}

const tools = [
  {
    type: 'function',
    function: {
      name: 'weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  },
];

test.each<[string, JsonObject]>([
  ['for text', {}],
  ['for shown thoughts', { reasoning_effort: 'low' }],
  ['for three choices', { n: 3 }],
  ['for a tool call', { tools, tool_choice: 'required' }],
  [
    'for JSON of a schema',
    { response_format: { type: 'json_schema', json_schema: { schema: {} } } },
  ],
  ['for an answer that its cap cut', {}],
])('a streamed answer equals the unstreamed one %s', async (name, fields) => {
  const cap = name.includes('cap') ? { outputCapTokens: 9 } : {};
  const streamed = await callWith(said('Rome?', fields), { stream: true, ...cap });
  const unstreamed = await callWith(said('Rome?', fields), { stream: false, ...cap });
  expect(comparable(streamed.outcome)).toEqual(comparable(unstreamed.outcome));
  await expectBillAgrees(streamed.attemptId, streamed.outcome);
  await expectBillAgrees(unstreamed.attemptId, unstreamed.outcome);
});

test('a tool is called and its result answered, with the signature that it wants', async () => {
  const first = await callWith(said('Weather in Rome?', { tools }));
  if (first.outcome.kind !== 'answered') throw new Error(first.outcome.kind);
  const [choice] = Array.isArray(first.outcome.body['choices'])
    ? first.outcome.body['choices']
    : [];
  const message = isJsonObject(choice) ? choice['message'] : undefined;
  const toolCalls = isJsonObject(message) ? message['tool_calls'] : undefined;
  const [call] = Array.isArray(toolCalls) ? toolCalls : [];
  if (!isJsonObject(message) || !isJsonObject(call)) throw new Error('no call');
  const result = { role: 'tool', tool_call_id: call['id'] ?? null, content: '{"degrees":21}' };
  const asked = { role: 'user', content: 'Weather in Rome?' };
  const second = await callWith({ messages: [asked, message, result], tools });
  expect(second.outcome).toMatchObject({
    kind: 'answered',
    body: { choices: [{ finish_reason: 'stop' }] },
  });
  // Another model made the call: it has no signature, and Gemini 3 would refuse it as it is.
  const { extra_content: _signature, ...foreign } = call;
  const moved = { ...message, tool_calls: [foreign] };
  const third = await callWith({ messages: [asked, moved, result], tools });
  expect(kindOf(third.outcome)).toBe('answered');
});

test('a wrong key stops the deployment', async () => {
  const stranger = createProviderClient({ clock: systemClock, resolveKey: () => 'AIza-other' });
  const call = { dialect: 'gemini', apiKeyEnv: 'KEY', body: said('Hi') } as const;
  const outcome = await stranger.call(callTo(`${simulator.url}/v1beta`, call));
  await stranger.close();
  expect(kindOf(outcome)).toBe('unauthorized refused');
});
