import { describe, expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';

const embeddings = 'kinds: [embeddings]';

function load(provider: string, line = 'tags: []') {
  const text = `providers:
  main: {${provider}}
models:
  a:
    context_window: 8000
    price: {input: "0.15", output: "0.60", source: test}
    deployments: [{provider: main}]
    ${line}
`;
  return loadConfig({ path: 'forebay.yaml', text, env: () => undefined });
}

function providerOf(settings: string) {
  const result = load(`base_url: "https://llm.example/v1", ${settings}`);
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  return result.config.catalog.providers.get('main');
}

describe('a provider', () => {
  test('is shown its key as its dialect does it, or as the configuration says', () => {
    const bearer = { kind: 'header', name: 'authorization', scheme: 'Bearer' };
    expect(providerOf('dialect: openai')?.auth).toEqual(bearer);
    expect(providerOf('dialect: openai, auth: bearer')?.auth).toEqual(bearer);
    const plain = { kind: 'header', scheme: undefined };
    expect(providerOf('dialect: openai, auth: x-api-key')?.auth).toEqual({
      ...plain,
      name: 'x-api-key',
    });
    expect(providerOf('dialect: openai, auth: {header: Api-Key}')?.auth).toEqual({
      ...plain,
      name: 'api-key',
    });
  });

  test('of Gemini gets its key in a header of its own', () => {
    const auth = { kind: 'header', name: 'x-goog-api-key', scheme: undefined };
    expect(providerOf('dialect: gemini')?.auth).toEqual(auth);
  });

  test('has the paths that differ from those of its dialect', () => {
    const paths = { 'chat.completions': '/d/{model}/chat' };
    expect(providerOf('dialect: openai')?.paths).toEqual({});
    const settings = 'dialect: openai, paths: {chat.completions: "/d/{model}/chat"}';
    expect(providerOf(settings)?.paths).toEqual(paths);
  });

  test('may have fields that hold lists and objects', () => {
    const settings = 'dialect: openai, fields: {provider: {order: [a], allow_fallbacks: false}}';
    const fields = { provider: { order: ['a'], allow_fallbacks: false } };
    expect(providerOf(settings)?.fields).toEqual(fields);
  });

  test('has a query, and servers that must not be asked for usage', () => {
    const settings = 'dialect: openai, query: {api-version: "2024-10-21"}, stream_usage: false';
    expect(providerOf(settings)).toMatchObject({
      query: { 'api-version': '2024-10-21' },
      asksStreamUsage: false,
    });
    expect(providerOf('dialect: openai')).not.toHaveProperty('query');
    expect(providerOf('dialect: openai')).not.toHaveProperty('asksStreamUsage');
  });

  test('may be strict about messages', () => {
    const settings = 'dialect: openai, strict_messages: true';
    expect(providerOf(settings)).toMatchObject({ hasStrictMessages: true });
    expect(providerOf('dialect: openai')).not.toHaveProperty('hasStrictMessages');
  });

  test.each(['key', 'api-key', 'api_key', 'API_KEY', 'access_token', 'token', 'subscription-key'])(
    'keeps %s out of the query',
    (name) => {
      const result = load(
        `base_url: "https://llm.example/v1", dialect: openai, query: {${name}: "x"}`,
      );
      expect(JSON.stringify(result)).toContain('credentials belong into api_key_env');
    },
  );

  test('may want signatures of AWS, and fields of its own in every body', () => {
    const sigv4 = 'sigv4: {region: us-east-1, service: bedrock}';
    const fields = 'fields: {anthropic_version: bedrock-2023-05-31}';
    const settings = `dialect: anthropic, api_key_env: SECRET, auth: {${sigv4}}, ${fields}`;
    expect(providerOf(settings)).toMatchObject({
      auth: {
        kind: 'sigv4',
        region: 'us-east-1',
        service: 'bedrock',
        accessKeyIdEnv: 'AWS_ACCESS_KEY_ID',
        sessionTokenEnv: 'AWS_SESSION_TOKEN',
      },
      fields: { anthropic_version: 'bedrock-2023-05-31' },
    });
  });

  test('of the anthropic dialect takes chats only, and its key in a header of its own', () => {
    expect(providerOf('dialect: anthropic')?.auth).toMatchObject({ name: 'x-api-key' });
    const text = JSON.stringify(
      load('base_url: "https://h.example", dialect: anthropic', embeddings),
    );
    expect(text).toContain('which has no embeddings; expected `kinds` of the model');
  });

  test.each([
    ['dialect: swahili', 'expected one of openai, anthropic'],
    ['dialect: openai, auth: basic', 'expected bearer, x-api-key, {header: NAME} or {sigv4'],
    ['dialect: openai, auth: {}', 'expected `header` or `sigv4`, one of them'],
    [
      'dialect: anthropic, auth: {sigv4: {region: us-east-1, service: bedrock}}',
      'sigv4 needs `api_key_env`',
    ],
    [
      'dialect: anthropic, api_key_env: A, auth: {sigv4: {region: us-east-1}}',
      'or {sigv4: {region, service}}, got a mapping',
    ],
    ['dialect: openai, fields: {a: {b: {c: 1}}}', 'providers.main.fields.a'],
    ['dialect: openai, fields: {n: 4}', 'the router sets it'],
    ['dialect: openai, fields: {max_tokens: 4}', 'the router sets it'],
    ['dialect: openai, auth: {header: "a b"}', 'expected'],
    ['dialect: openai, paths: {chat.completions: "no-slash"}', 'begins with /'],
    ['dialect: openai, paths: {chat.completions: "/{name}"}', 'only {model} stands in braces'],
    ['dialect: openai, paths: {chat.completions: "/a?b=c"}', 'begins with /'],
    ['dialect: openai, paths: {telepathy: "/a"}', 'chat.completions'],
    [
      'dialect: gemini, paths: {chat.completions: "/a"}',
      'put what comes before them into base_url',
    ],
  ])('%s is refused', (settings, expected) => {
    const result = load(`base_url: "https://llm.example/v1", ${settings}`);
    expect(JSON.stringify(result)).toContain(expected);
  });
});
