import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../simulator.ts';
import { post, streamedData } from '../testing/ask.ts';

let simulator: Simulator;

beforeEach(async () => {
  const quiet = { latency_ms: 0, output_tokens: 12 };
  simulator = await startSimulator({
    scenario: { default: { ...quiet, reasoning_tokens: 5, cached_share: 0.5 } },
  });
});

afterEach(() => simulator.close());

type Fields = Record<string, unknown>;

const whole = ':generateContent';
const streamed = ':streamGenerateContent?alt=sse';

function said(text: string, rest: Fields = {}): Fields {
  return { contents: [userSaid(text)], ...rest };
}

function userSaid(text: string) {
  return { role: 'user', parts: [{ text }] };
}

async function ask(method: string, body: Fields, model = 'gemini-2.5-flash') {
  const answer = await post(`${simulator.url}/v1beta/models/${model}${method}`, body);
  return { ...answer, chunks: answer.text.startsWith('data: ') ? streamedData(answer.text) : [] };
}

function textOf(chunk: unknown): string {
  type Candidate = { content: { parts: { text?: string }[] } };
  // The simulator's own answer: another form fails the tests that read it.
  const { candidates = [] } = chunk as { candidates?: Candidate[] };
  return candidates.flatMap(({ content }) => content.parts.map(({ text }) => text ?? '')).join('');
}

const tool = { name: 'find', parametersJsonSchema: { type: 'object', properties: {} } };
const tools = [{ functionDeclarations: [tool] }];

describe('generateContent', () => {
  test('says the same whole and streamed, and tells thoughts beside the answer', async () => {
    const plain = JSON.parse((await ask(whole, said('Rivers?'))).text);
    const { chunks } = await ask(streamed, said('Rivers?'));
    expect(chunks.map(textOf).join('')).toBe(textOf(plain));
    expect(chunks.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }] });
    const usage = plain.usageMetadata;
    expect(chunks.at(-1)).toMatchObject({ usageMetadata: usage });
    expect(usage).toMatchObject({ candidatesTokenCount: 12, thoughtsTokenCount: 5 });
    expect(usage.totalTokenCount).toBe(usage.promptTokenCount + 17);
    expect(simulator.bill()).toMatchObject([
      { kind: 'generate_content', completion_tokens: 17, stream: false },
      { kind: 'generate_content', completion_tokens: 17, stream: true },
    ]);
  });

  test('counts thoughts into the output cap', async () => {
    const config = { generationConfig: { maxOutputTokens: 6 } };
    const { text } = await ask(whole, said('Rivers?', config));
    expect(JSON.parse(text)).toMatchObject({
      candidates: [{ finishReason: 'MAX_TOKENS' }],
      usageMetadata: { candidatesTokenCount: 1, thoughtsTokenCount: 5 },
    });
  });

  test('calls a tool with a signature and answers in words after its result', async () => {
    const first = JSON.parse((await ask(whole, said('Find it.', { tools }))).text);
    const [part] = first.candidates[0].content.parts.slice(-1);
    expect(part).toMatchObject({ functionCall: { name: 'find' } });
    expect(part.thoughtSignature).not.toBe('');
    const result = { functionResponse: { name: 'find', response: { output: 'here' } } };
    const contents = [
      userSaid('Find it.'),
      { role: 'model', parts: [part] },
      { role: 'user', parts: [result] },
    ];
    const second = JSON.parse((await ask(whole, { tools, contents }, 'gemini-3-pro')).text);
    expect(second.candidates[0]).toMatchObject({ finishReason: 'STOP' });
    expect(textOf(second)).not.toBe('');
    const unsigned = [{ role: 'model', parts: [{ functionCall: part.functionCall }] }];
    const refused = await ask(whole, { contents: unsigned }, 'gemini-3-pro');
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('signature')]);
  });

  test('refuses fields that it does not know and results that answer no call', async () => {
    const unknown = await ask(whole, said('Hi', { generationConfig: { max_tokens: 4 } }));
    expect(unknown.status).toBe(400);
    expect(unknown.text).toContain('Unknown name \\"max_tokens\\"');
    const result = { functionResponse: { name: 'find', response: {} } };
    const lone = await ask(whole, { contents: [{ role: 'user', parts: [result] }] });
    expect(lone.status).toBe(400);
  });

  test('writes errors as Google does, with the wait in the body', async () => {
    const limited = await ask(whole, said('[[sim:rate_limit retry_after=seconds seconds=7]]'));
    expect(limited.headers['retry-after']).toBeUndefined();
    expect(JSON.parse(limited.text)).toMatchObject({
      error: { code: 429, status: 'RESOURCE_EXHAUSTED' },
    });
    expect(limited.text).toContain('"retryDelay": "7s"');
    expect((await ask(whole, said('[[sim:quota_exhausted]]'))).text).toContain('PerDay');
    const wrongKey = await ask(whole, said('[[sim:unauthorized]]'));
    expect([wrongKey.status, wrongKey.text]).toEqual([
      400,
      expect.stringContaining('API_KEY_INVALID'),
    ]);
    const long = await ask(whole, said('[[sim:context_overflow]]'));
    expect(long.text).toContain('(250000) exceeds the maximum number of tokens allowed (128000)');
  });

  test('answers a filtered prompt without a candidate, and bills the prompt', async () => {
    for (const method of [whole, streamed]) {
      const { status, text } = await ask(method, said('[[sim:content_filter]]'));
      expect([status, text]).toEqual([200, expect.stringContaining('PROHIBITED_CONTENT')]);
    }
    expect(simulator.bill()).toMatchObject([{ completion_tokens: 0 }, { completion_tokens: 0 }]);
  });
});
