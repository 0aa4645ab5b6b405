import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { JobKind } from '../domain/model-catalog.ts';
import type { RequestFeatures } from '../domain/route-plan.ts';
import { boundRequest } from './bound-request.ts';

const chat = (extra: JsonObject = {}): JsonObject => ({
  messages: [{ role: 'user', content: 'How high is the dam?' }],
  ...extra,
});

const imagePart = (url: string): JsonObject => ({ type: 'image_url', image_url: { url } });

function featuresOf(kind: JobKind, body: JsonObject): RequestFeatures {
  const result = boundRequest(kind, body);
  if (result.kind !== 'bounded') throw new Error(`not bounded: ${JSON.stringify(result)}`);
  return result.features;
}

describe('the features of a bounded request', () => {
  test('carry cap, choices and needs of a chat request', () => {
    const features = featuresOf(
      'chat.completions',
      chat({
        n: 3,
        max_completion_tokens: 50,
        tools: [{ type: 'function', function: { name: 'look', parameters: {} } }],
        response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } },
      }),
    );
    expect(features).toMatchObject({
      kind: 'chat.completions',
      choices: 3,
      outputTokensRequested: 50,
      imageCount: 0,
      needs: ['tools', 'json_schema'],
    });
  });

  test('know the older names of cap and tools', () => {
    const body = chat({ max_tokens: 7, functions: [{ name: 'look', parameters: {} }] });
    const features = featuresOf('chat.completions', body);
    expect(features.outputTokensRequested).toBe(7);
    expect(features.needs).toEqual(['tools']);
  });

  test('take null for a field that was not given', () => {
    const body = chat({ n: null, max_tokens: null, tools: null, service_tier: null, stop: null });
    expect(featuresOf('chat.completions', body)).toMatchObject({
      choices: 1,
      outputTokensRequested: undefined,
      needs: [],
    });
  });

  test('count inline images and leave their data out of the byte bound', () => {
    const url = `data:image/png;base64,${'A'.repeat(100_000)}`;
    const content = [{ type: 'text', text: 'What is this?' }, imagePart(url)];
    const features = featuresOf('chat.completions', { messages: [{ role: 'user', content }] });
    expect(features.imageCount).toBe(1);
    expect(features.needs).toEqual(['vision']);
    expect(features.inputTokensBound).toBeLessThan(2_000);
  });

  test('come from a Responses request with text, items, images and a schema', () => {
    const features = featuresOf('responses', {
      instructions: 'Be brief.',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
        {
          role: 'user',
          content: [{ type: 'input_image', image_url: 'data:image/webp;base64,AAAA' }],
        },
        { type: 'function_call', call_id: 'c', name: 'look', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: 'nothing' },
      ],
      max_output_tokens: 64,
      text: { format: { type: 'json_schema', name: 'a', schema: {} } },
    });
    expect(features).toMatchObject({
      outputTokensRequested: 64,
      imageCount: 1,
      needs: ['tools', 'json_schema', 'vision'],
    });
  });

  test('count token arrays of an embeddings request by their length', () => {
    const one = featuresOf('embeddings', { input: [1, 2, 3] });
    const two = featuresOf('embeddings', { input: [[1, 2, 3], [4]] });
    expect(one.inputTokensEstimate).toBe(3);
    expect(two.inputTokensEstimate).toBe(4);
    expect(one.outputTokensRequested).toBeUndefined();
    const long = featuresOf('embeddings', { input: Array.from({ length: 5_000 }, (_, id) => id) });
    expect(long.inputTokensBound - one.inputTokensBound).toBe(5_000 - 3);
  });
});

/** By this a text is made longer to see that it counts. */
const growth = 'x'.repeat(2_000);

interface AnyBody {
  readonly kind: JobKind;
  readonly body: JsonObject;
}

const anyJson = fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' });
const anyFields = fc.dictionary(fc.string({ maxLength: 8 }), anyJson, { maxKeys: 2 });
const anyText = fc.string({ unit: 'grapheme', maxLength: 20 });
const inlineImage = { url: 'data:image/png;base64,AAAA', detail: 'low' };
const anyPart = fc.oneof(
  fc.record({ type: fc.constantFrom('text', 'input_text'), text: anyText }),
  fc.constant({ type: 'image_url', image_url: inlineImage }),
  fc.constant({ ...inlineImage, type: 'input_image', image_url: inlineImage.url }),
);
const anyMessage = fc
  .tuple(
    anyFields,
    fc.record({
      role: fc.oneof(fc.constantFrom('user', 'assistant', 'tool', 'developer'), anyText),
      content: fc.oneof(anyText, fc.array(anyPart, { maxLength: 3 }), fc.constant(null)),
    }),
  )
  .map(([more, message]) => ({ ...more, ...message }));
const anyItem = fc.oneof(
  anyMessage,
  fc.record({ type: fc.constant('function_call'), name: anyText, arguments: anyText }),
  fc.record({ type: fc.constant('function_call_output'), call_id: anyText, output: anyText }),
);
const anyTools = fc.array(
  anyFields.map((more) => ({ ...more, type: 'function' })),
  { maxLength: 2 },
);

const chatBody = fc
  .record({
    more: anyFields,
    messages: fc.array(anyMessage, { minLength: 1, maxLength: 3 }),
    tools: anyTools,
    response_format: anyFields,
  })
  .map(({ more, ...body }) => asBody('chat.completions', { ...more, ...body }));
const responsesBody = fc
  .record({
    more: anyFields,
    input: fc.oneof(
      anyText.filter((text) => text !== ''),
      fc.array(anyItem, { minLength: 1, maxLength: 3 }),
    ),
    instructions: anyText,
    tools: anyTools,
    text: anyFields,
  })
  .map(({ more, ...body }) => asBody('responses', { ...more, ...body }));

function asBody(kind: JobKind, body: unknown): AnyBody {
  // The generator's values are what JSON.parse returns.
  return { kind, body: JSON.parse(JSON.stringify(body)) as JsonObject };
}

/**
 * A body again and again, each time with one text or name longer; not with data of images. Names of
 * its own fields are for the server: no template has them.
 */
function grownBodies(body: JsonObject): readonly JsonObject[] {
  return Object.entries(body).flatMap(([name, child = null]) =>
    grownForms(child).map((grown) => ({ ...body, [name]: grown })),
  );
}

function grownForms(value: Json): readonly Json[] {
  if (typeof value === 'string') return value.startsWith('data:image/') ? [] : [value + growth];
  if (Array.isArray(value)) {
    return value.flatMap((each: Json, index) =>
      grownForms(each).map((grown) => value.toSpliced(index, 1, grown)),
    );
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, child = null]) => {
    const { [name]: _, ...others } = value;
    return [
      { ...others, [name + growth]: child },
      ...grownForms(child).map((grown) => ({ ...others, [name]: grown })),
    ];
  });
}

describe('the input bound', () => {
  const message = fc.record({
    role: fc.constantFrom('system', 'user', 'assistant', 'tool'),
    content: fc.string({ unit: 'binary', maxLength: 400 }),
  });

  test('covers every byte of every message, so no byte-level tokenizer passes it', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), (messages) => {
        const features = featuresOf('chat.completions', { messages });
        const bytes = messages.reduce(
          (sum, { role, content }) => sum + Buffer.byteLength(role) + Buffer.byteLength(content),
          0,
        );
        expect(features.inputTokensBound).toBeGreaterThanOrEqual(bytes);
        expect(features.inputTokensEstimate).toBeLessThanOrEqual(features.inputTokensBound);
      }),
    );
  });

  test('covers tools however a template prints them', () => {
    const schema = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' });
    fc.assert(
      fc.property(schema, (parameters) => {
        const tool = {
          type: 'function',
          function: { name: 'look', description: 'é"', parameters },
        };
        // The generator's values are what JSON.parse returns.
        const tools = JSON.parse(JSON.stringify([tool])) as JsonObject[];
        const result = boundRequest('chat.completions', chat({ tools }));
        if (result.kind !== 'bounded') return;
        const printed = JSON.stringify(tools, null, 4).replaceAll(
          /[^\x20-\x7e\n]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
        expect(result.features.inputTokensBound).toBeGreaterThanOrEqual(printed.length);
      }),
    );
  });

  test('grows with every text and every name of a body, wherever they stand', () => {
    fc.assert(
      fc.property(fc.oneof(chatBody, responsesBody), ({ kind, body }) => {
        const result = boundRequest(kind, body);
        if (result.kind !== 'bounded') return;
        // Under another name a tool's call is none any more and needs no room for instructions.
        const least = result.features.inputTokensBound + growth.length / 2;
        for (const grown of grownBodies(body)) {
          const other = boundRequest(kind, grown);
          // With another type of part, for one, it is no request any more.
          if (other.kind !== 'bounded') continue;
          expect(other.features.inputTokensBound).toBeGreaterThanOrEqual(least);
        }
      }),
      { numRuns: 25 },
    );
  });

  test.each<[string, JsonObject]>([
    ['a role', { role: 'x'.repeat(5_000), content: 'a' }],
    ['a name without a value', { role: 'user', content: 'a', ['x'.repeat(5_000)]: null }],
    [
      'a setting of an image',
      {
        role: 'user',
        content: [
          {
            type: 'image_url',
            image_url: { url: 'data:image/png;base64,AA', detail: 'x'.repeat(5_000) },
          },
        ],
      },
    ],
  ])('counts %s', (_, message) => {
    const { inputTokensBound } = featuresOf('chat.completions', { messages: [message] });
    expect(inputTokensBound).toBeGreaterThan(5_000);
    const item = featuresOf('responses', { input: [message] });
    expect(item.inputTokensBound).toBeGreaterThan(5_000);
  });

  test('takes what an unknown role says for a result, which a template may encode', () => {
    const say = (role: string) => ({ messages: [{ role, content: '"'.repeat(1_000) }] });
    const plain = featuresOf('chat.completions', say('user')).inputTokensBound;
    for (const role of ['tool', 'ipython']) {
      const { inputTokensBound } = featuresOf('chat.completions', say(role));
      expect(inputTokensBound).toBeGreaterThan(plain + 4_000);
    }
  });

  test('has room for words about a schema in both kinds of request', () => {
    const format = { type: 'json_schema', name: 'a', schema: {} };
    const text = { input: 'a', text: { format: { ...format, type: 'text' } } };
    const schema = { input: 'a', text: { format } };
    const added = featuresOf('responses', schema).inputTokensBound;
    expect(added - featuresOf('responses', text).inputTokensBound).toBeGreaterThan(500);
  });

  test('grows with fields that nobody here knows', () => {
    const plain = featuresOf('chat.completions', chat()).inputTokensBound;
    const extended = chat({ documents: [{ title: 'x'.repeat(500) }] });
    expect(featuresOf('chat.completions', extended).inputTokensBound).toBeGreaterThan(plain + 500);
  });
});

describe('what cannot be bounded', () => {
  test.each<[string, JobKind, JsonObject, string]>([
    ['a stored prompt', 'responses', { input: 'a', prompt: { id: 'pmpt_1' } }, 'prompt'],
    [
      'an earlier response',
      'responses',
      { input: 'a', previous_response_id: 'r' },
      'previous_response_id',
    ],
    ['a conversation', 'responses', { input: 'a', conversation: 'c' }, 'conversation'],
    ['a background run', 'responses', { input: 'a', background: true }, 'background'],
    [
      'a hosted tool',
      'responses',
      { input: 'a', tools: [{ type: 'web_search' }] },
      'tools[0].type',
    ],
    [
      'a stored item',
      'responses',
      { input: [{ type: 'item_reference', id: 'i' }] },
      'input[0].type',
    ],
    ['a search', 'chat.completions', chat({ web_search_options: {} }), 'web_search_options'],
    ['a prediction', 'chat.completions', chat({ prediction: { type: 'content' } }), 'prediction'],
    ['audio output', 'chat.completions', chat({ modalities: ['text', 'audio'] }), 'modalities'],
    ['a dearer tier', 'chat.completions', chat({ service_tier: 'priority' }), 'service_tier'],
    ['another model', 'chat.completions', chat({ models: ['dear'] }), 'models'],
    ['hidden fields', 'chat.completions', chat({ extra_body: { n: 9 } }), 'extra_body'],
  ])('is refused by name: %s', (...[, kind, body, param]) => {
    expect(boundRequest(kind, body)).toMatchObject({ kind: 'unbounded', param });
  });

  test.each<[string, JsonObject, string]>([
    ['a remote image', imagePart('https://example.com/a.png'), 'image_url'],
    ['a document sent as an image', imagePart('data:application/pdf;base64,AA'), 'image_url'],
    ['an image file id', { type: 'input_image', file_id: 'file-1' }, 'image_url'],
    ['audio input', { type: 'input_audio', input_audio: { data: 'AA' } }, 'type'],
    ['a file', { type: 'file', file: { file_id: 'file-1' } }, 'type'],
    ['a cache write', { type: 'text', text: 'a', cache_control: {} }, 'cache_control'],
  ])('is refused inside a message: %s', (_, part, field) => {
    const body = { messages: [{ role: 'user', content: [part] }] };
    const result = boundRequest('chat.completions', body);
    expect(result).toMatchObject({ kind: 'unbounded', param: `messages[0].content[0].${field}` });
  });

  test('does not include tiers and modalities that change nothing', () => {
    const body = chat({ service_tier: 'auto', modalities: ['text'], background: false, tools: [] });
    expect(boundRequest('chat.completions', body).kind).toBe('bounded');
  });
});

describe('what is not a valid request', () => {
  test.each<[string, JobKind, JsonObject, string]>([
    ['no messages', 'chat.completions', {}, '/messages'],
    ['an empty list of messages', 'chat.completions', { messages: [] }, '/messages'],
    ['a message that is a text', 'chat.completions', { messages: ['hi'] }, '/messages/0'],
    [
      'a message without role',
      'chat.completions',
      { messages: [{ content: 'a' }] },
      '/messages/0/role',
    ],
    [
      'content that is a number',
      'chat.completions',
      { messages: [{ role: 'user', content: 1 }] },
      '/messages/0/content',
    ],
    ['n of zero', 'chat.completions', chat({ n: 0 }), '/n'],
    ['n above 128', 'chat.completions', chat({ n: 129 }), '/n'],
    ['n as text', 'chat.completions', chat({ n: '2' }), '/n'],
    ['a fractional cap', 'chat.completions', chat({ max_tokens: 1.5 }), '/max_tokens'],
    ['a negative cap', 'responses', { input: 'a', max_output_tokens: -1 }, '/max_output_tokens'],
    ['the cap of another kind', 'responses', { input: 'a', max_tokens: 9 }, '/max_tokens'],
    ['tools that are no list', 'chat.completions', chat({ tools: {} }), '/tools'],
    ['no input', 'responses', {}, '/input'],
    ['an empty input', 'embeddings', { input: '' }, '/input'],
    ['an empty text among inputs', 'embeddings', { input: ['a', ''] }, '/input'],
    ['mixed inputs', 'embeddings', { input: ['a', 1] }, '/input'],
    ['negative tokens', 'embeddings', { input: [-1] }, '/input'],
    [
      'too many inputs',
      'embeddings',
      { input: Array.from({ length: 2_049 }, () => 'a') },
      '/input',
    ],
  ])('is refused with a pointer: %s', (...[, kind, body, pointer]) => {
    expect(boundRequest(kind, body)).toMatchObject({ kind: 'invalid', errors: [{ pointer }] });
  });

  test('includes two caps that differ', () => {
    const body = chat({ max_tokens: 5, max_completion_tokens: 6 });
    const errors = [{ code: 'contradiction' }];
    expect(boundRequest('chat.completions', body)).toMatchObject({ kind: 'invalid', errors });
  });

  test('includes a body that is nested without end', () => {
    let nested: JsonObject = {};
    for (let level = 0; level < 5_000; level += 1) nested = { nested };
    const errors = [{ pointer: '', code: 'too_deep' }];
    expect(boundRequest('chat.completions', chat(nested))).toMatchObject({ errors });
  });
});

describe('forbidden fields', () => {
  test.each([
    ['base_url', { base_url: 'http://evil' }],
    ['apiKey', { apiKey: 'sk' }],
    ['extra.API-BASE', { extra: { 'API-BASE': 'x' } }],
    ['messages[0].headers', { messages: [{ role: 'user', content: 'a', headers: {} }] }],
    ['a.b[1].proxy', { a: { b: [1, { proxy: 'x' }] } }],
  ])('are found at any depth and in any spelling: %s', (param, extra: JsonObject) => {
    const result = boundRequest('chat.completions', chat(extra));
    expect(result).toMatchObject({ kind: 'forbidden', param });
  });

  test('may be names of parameters of a tool, but not of its schema', () => {
    const tool = (parameters: JsonObject): JsonObject =>
      chat({ tools: [{ type: 'function', function: { name: 'look', parameters } }] });
    const own = { type: 'object', properties: { headers: { type: 'string' } } };
    expect(boundRequest('chat.completions', tool(own)).kind).toBe('bounded');
    expect(boundRequest('chat.completions', tool({ headers: {} })).kind).toBe('forbidden');
    const sneaky = { properties: { a: { api_key: 'x' } } };
    expect(boundRequest('chat.completions', tool(sneaky)).kind).toBe('forbidden');
  });

  test('are found wherever they stand', () => {
    const depth = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(depth, fc.boolean(), (levels, inLists) => {
        let nested: JsonObject = { api_key: 'x' };
        for (let level = 0; level < levels; level += 1) nested = { a: inLists ? [nested] : nested };
        const result = boundRequest('chat.completions', chat({ a: nested }));
        expect(['forbidden', 'invalid']).toContain(result.kind);
      }),
    );
  });
});
