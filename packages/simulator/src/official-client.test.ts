import OpenAI from 'openai';
import { afterEach, expect, test } from 'vitest';
import { type Simulator, startSimulator } from './simulator.ts';

let simulator: Simulator | null = null;

afterEach(async () => {
  await simulator?.close();
  simulator = null;
});

async function setup() {
  simulator = await startSimulator({
    scenario: { default: { latency_ms: 0 }, models: { small: {} } },
  });
  const client = new OpenAI({ apiKey: 'any', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
  return { simulator, client };
}

const messages = [{ role: 'user' as const, content: 'What is in the parcel?' }];

const answerSchema = {
  type: 'object',
  properties: {
    city: { enum: ['Lyon', 'Bern'] },
    count: { type: 'integer', minimum: 3, maximum: 9 },
    tags: { type: 'array', items: { $ref: '#/$defs/tag' } },
  },
  required: ['city', 'count', 'tags'],
  $defs: { tag: { type: 'string' } },
};

test('a chat completion has text, usage and an id, and equals its stream', async () => {
  const { client } = await setup();
  const whole = await client.chat.completions.create({ model: 'small', messages });
  const stream = client.chat.completions.stream({
    model: 'small',
    messages,
    stream_options: { include_usage: true },
  });
  const streamed = await stream.finalChatCompletion();
  expect(whole.choices[0]?.message.content).toMatch(/^[A-Z].*\.$/);
  expect(whole._request_id).toMatch(/^req_/);
  expect(whole.usage?.prompt_tokens).toBe(3 + Math.ceil(22 / 4));
  expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
  expect(streamed.usage).toEqual(whole.usage);
});

test('several choices differ, and a cap cuts each of them', async () => {
  const { client } = await setup();
  const answer = await client.chat.completions.create({
    model: 'small',
    messages,
    n: 3,
    max_completion_tokens: 5,
  });
  expect(answer.choices.map((choice) => choice.finish_reason)).toEqual(Array(3).fill('length'));
  expect(new Set(answer.choices.map((choice) => choice.message.content)).size).toBe(3);
  expect(answer.usage?.completion_tokens).toBe(15);
});

test('a tool is called with arguments that fit, streamed as well', async () => {
  const { client } = await setup();
  const request = {
    model: 'small',
    messages,
    tools: [
      { type: 'function' as const, function: { name: 'find_city', parameters: answerSchema } },
    ],
  };
  const whole = await client.chat.completions.create(request);
  const streamed = await client.chat.completions.stream(request).finalChatCompletion();
  const call = whole.choices[0]?.message.tool_calls?.[0];
  if (call?.type !== 'function') throw new Error('no function call');
  expect(whole.choices[0]?.finish_reason).toBe('tool_calls');
  expect(Object.keys(JSON.parse(call.function.arguments))).toEqual(['city', 'count', 'tags']);
  const again = streamed.choices[0]?.message.tool_calls?.[0];
  expect(again).toMatchObject({ type: 'function', function: call.function });
});

test('a structured answer is JSON that fits its schema', async () => {
  const { client } = await setup();
  const answer = await client.chat.completions.create({
    model: 'small',
    messages,
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema: answerSchema } },
  });
  const value = JSON.parse(answer.choices[0]?.message.content ?? '');
  expect(['Lyon', 'Bern']).toContain(value.city);
  expect(value.count).toBeGreaterThanOrEqual(3);
  expect(value.count).toBeLessThanOrEqual(9);
});

test('embeddings come as base64 and as numbers with equal values', async () => {
  const { client } = await setup();
  const input = ['one text', 'another text'];
  const decoded = await client.embeddings.create({ model: 'small', input, dimensions: 8 });
  const plain = await client.embeddings.create({
    model: 'small',
    input,
    dimensions: 8,
    encoding_format: 'float',
  });
  expect(plain.data[0]?.embedding).toHaveLength(8);
  expect(decoded.data.map((item) => [...item.embedding])).toEqual(
    plain.data.map((item) => item.embedding),
  );
  expect(plain.usage).toEqual({ prompt_tokens: 5, total_tokens: 5 });
});

test('embeddings take token lists', async () => {
  const { client } = await setup();
  const one = await client.embeddings.create({ model: 'small', input: [1, 2, 3] });
  const two = await client.embeddings.create({ model: 'small', input: [[1, 2], [3]] });
  expect(one.data).toHaveLength(1);
  expect(one.data[0]?.embedding).toHaveLength(1536);
  expect(two.data).toHaveLength(2);
  expect(two.usage.prompt_tokens).toBe(3);
});

test('a response equals its streamed form, whose events come in order', async () => {
  const { client } = await setup();
  const whole = await client.responses.create({ model: 'small', input: 'Say it.' });
  const events = await client.responses.create({ model: 'small', input: 'Say it.', stream: true });
  const types: string[] = [];
  const numbers: number[] = [];
  let last: OpenAI.Responses.Response | null = null;
  for await (const event of events) {
    if (types.at(-1) !== event.type) types.push(event.type);
    numbers.push(event.sequence_number);
    if (event.type === 'response.completed') last = event.response;
  }
  expect(types).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ]);
  expect(numbers).toEqual(numbers.map((_, index) => index));
  expect(whole.output_text).toMatch(/\.$/);
  expect(last?.output[0]).toMatchObject({ content: [{ text: whole.output_text }] });
  expect(last?.usage).toEqual(whole.usage);
});

test('a capped response is incomplete, and a response can call a function', async () => {
  const { client } = await setup();
  const cut = await client.responses.create({ model: 'small', input: 'Go', max_output_tokens: 2 });
  const called = await client.responses.create({
    model: 'small',
    input: 'Go',
    tools: [{ type: 'function', name: 'go', parameters: answerSchema, strict: true }],
  });
  expect(cut.status).toBe('incomplete');
  expect(cut.incomplete_details).toEqual({ reason: 'max_output_tokens' });
  expect(cut.usage?.output_tokens).toBe(2);
  expect(called.output[0]).toMatchObject({ type: 'function_call', name: 'go' });
});

test('models are listed, and one is read by a name with a slash', async () => {
  const { client } = await setup();
  const names: string[] = [];
  for await (const model of client.models.list()) names.push(model.id);
  expect(names).toEqual(['small']);
  expect((await client.models.retrieve('org/m:1')).id).toBe('org/m:1');
});

test('the client recognises errors by class and code', async () => {
  const { client } = await setup();
  const ask = (content: string) =>
    client.chat.completions.create({ model: 'small', messages: [{ role: 'user', content }] });
  await expect(ask('[[sim:rate_limit]]')).rejects.toBeInstanceOf(OpenAI.RateLimitError);
  await expect(ask('[[sim:unauthorized]]')).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  await expect(ask('[[sim:context_overflow]]')).rejects.toMatchObject({
    status: 400,
    code: 'context_length_exceeded',
  });
});
