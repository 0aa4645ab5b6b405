import Anthropic from '@anthropic-ai/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../simulator.ts';
import { post } from '../testing/ask.ts';

let simulator: Simulator;
let client: Anthropic;

beforeEach(async () => {
  const quiet = { latency_ms: 0, output_tokens: 12 };
  simulator = await startSimulator({
    scenario: { default: { ...quiet, reasoning_tokens: 5, cached_share: 0.5 } },
  });
  client = new Anthropic({ apiKey: 'any', baseURL: simulator.url, maxRetries: 0 });
});

afterEach(() => simulator.close());

const tool = { name: 'find', input_schema: { type: 'object' as const, properties: {} } };

function asked(content: string, max_tokens = 100) {
  return { model: 'claude-x', max_tokens, messages: [{ role: 'user' as const, content }] };
}

describe('messages', () => {
  test('say the same whole and streamed to the official client', async () => {
    const whole = await client.messages.create(asked('Rivers?'));
    const streamed = await client.messages.stream(asked('Rivers?')).finalMessage();
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.usage).toEqual(whole.usage);
    expect(whole).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text' }] });
    expect(whole._request_id).toMatch(/^req_/);
    const { usage } = whole;
    expect(usage).toMatchObject({
      output_tokens: 17,
      output_tokens_details: { thinking_tokens: 5 },
    });
    const input = usage.input_tokens + (usage.cache_read_input_tokens ?? 0);
    expect(simulator.bill()).toMatchObject([
      { kind: 'messages', prompt_tokens: input, completion_tokens: 17, stream: false },
      { kind: 'messages', prompt_tokens: input, completion_tokens: 17, stream: true },
    ]);
  });

  test('show signed thinking when asked, within the cap', async () => {
    const thinking = { type: 'adaptive' as const };
    const body = { ...asked('Rivers?', 6), thinking };
    const whole = await client.messages.create(body);
    expect(whole.content[0]).toMatchObject({ type: 'thinking', signature: 'sim-signature' });
    expect(whole).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 6 } });
    const streamed = await client.messages.stream(body).finalMessage();
    expect(streamed.content).toEqual(whole.content);
  });

  test('call a tool, and answer in words after its result', async () => {
    const body = { ...asked('Find it.'), tools: [tool] };
    const first = await client.messages.create(body);
    const streamed = await client.messages.stream(body).finalMessage();
    const [use] = first.content;
    expect(use).toMatchObject({ type: 'tool_use', name: 'find', input: {} });
    expect(streamed.content).toMatchObject([{ ...use, id: expect.any(String) }]);
    expect(first.stop_reason).toBe('tool_use');
    const id = use?.type === 'tool_use' ? use.id : '';
    const result = { type: 'tool_result' as const, tool_use_id: id, content: 'here' };
    const second = await client.messages.create({
      ...{ ...body, tool_choice: { type: 'auto' as const } },
      messages: [
        ...body.messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [result] },
      ],
    });
    expect(second).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text' }] });
  });

  test('keep to a schema, and end at a stop text', async () => {
    const schema = { type: 'object', properties: { n: { enum: [7] } }, required: ['n'] };
    const format = { type: 'json_schema' as const, schema };
    const open = client.messages.create({ ...asked('Hi'), output_config: { format } });
    await expect(open).rejects.toThrow(/additionalProperties/);
    const closed = { ...format, schema: { ...schema, additionalProperties: false } };
    const answer = await client.messages.create({
      ...{ ...asked('Hi'), output_config: { format: closed } },
    });
    expect(answer.content).toMatchObject([{ text: '{"n":7}' }]);
    const stopped = await client.messages.create({ ...asked('Hi'), stop_sequences: ['e', 'a'] });
    expect(stopped.stop_reason).toBe('stop_sequence');
    expect(['e', 'a']).toContain(stopped.stop_sequence);
  });

  test('refuse what the service refuses', async () => {
    const url = `${simulator.url}/v1/messages`;
    const text = (content: unknown) => ({ ...asked(''), messages: [{ role: 'user', content }] });
    const round = (id: string) => [
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 'find', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id }] },
    ];
    const bodies = [
      { ...asked('Hi'), n: 2 },
      { ...asked('Hi'), temperature: 1.5 },
      { ...asked('Hi'), stop_sequences: ['\n'] },
      { ...asked('Hi'), max_tokens: undefined },
      { ...asked('Hi'), thinking: { type: 'enabled', budget_tokens: 100 } },
      { ...asked('Hi'), thinking: { type: 'adaptive' }, tool_choice: { type: 'any' } },
      { ...asked('Hi'), thinking: { type: 'adaptive' }, temperature: 0.5 },
      { ...asked('Hi'), thinking: { type: 'adaptive' }, top_p: 0.9 },
      { ...asked('Hi'), thinking: { type: 'enabled', budget_tokens: 1_024 }, top_k: 4 },
      { ...asked('Hi'), messages: round('functions.find:0') },
      text(''),
      text([]),
      text([{ type: 'tool_result', tool_use_id: 'x' }]),
      text([{ type: 'image', source: { type: 'url', url: 'https://x.example' } }]),
    ];
    for (const body of bodies) {
      const answer = await post(url, body);
      expect([JSON.stringify(body), answer.status]).toEqual([JSON.stringify(body), 400]);
      expect(JSON.parse(answer.text)).toMatchObject({ error: { type: 'invalid_request_error' } });
    }
  });

  test.each([
    ['rate_limit retry_after=seconds', 429, 'rate_limit_error'],
    ['quota_exhausted', 400, 'invalid_request_error'],
    ['server_error status=529', 529, 'overloaded_error'],
    ['server_error', 500, 'api_error'],
    ['unauthorized', 401, 'authentication_error'],
    ['forbidden', 403, 'permission_error'],
    ['not_found', 404, 'not_found_error'],
    ['context_overflow', 400, 'invalid_request_error'],
  ])('write the fault %s as %i %s', async (fault, status, type) => {
    const answer = await post(`${simulator.url}/v1/messages`, asked(`[[sim:${fault}]]`));
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ type: 'error', error: { type } });
    if (status === 429) expect(answer.headers['retry-after']).toBe('1');
  });

  test('tell a refusal by the reason why they stop', async () => {
    for (const fault of ['refusal', 'content_filter at=answer']) {
      const body = asked(`[[sim:${fault}]]`);
      const whole = await client.messages.create(body);
      const streamed = await client.messages.stream(body).finalMessage();
      expect([whole.stop_reason, streamed.stop_reason]).toEqual(['refusal', 'refusal']);
    }
  });
});
