import { describe, expect, test } from 'vitest';
import { formatConfigProblem, type LoadConfigResult, loadConfig } from './load-config.ts';

const variables: Readonly<Record<string, string>> = { HOST_NAME: 'llm.example', TOKEN: 's3cret' };

function load(text: string): LoadConfigResult {
  return loadConfig({ path: 'forebay.yaml', text, env: (name) => variables[name] });
}

function loaded(text: string) {
  const result = load(text);
  if (result.kind === 'invalid')
    throw new Error(result.problems.map(formatConfigProblem).join('\n'));
  return result.config;
}

function problemsOf(text: string): readonly string[] {
  const result = load(text);
  return result.kind === 'invalid' ? result.problems.map(formatConfigProblem) : [];
}

const provider = `providers:
  main: {dialect: openai, base_url: "https://\${HOST_NAME}/v1/", api_key_env: MAIN_KEY}
`;
const price = 'price: {input: "0.15", output: "0.6", source: "test"}';

/** A configuration whose model `a` has one more line. */
const withModelLine = (line: string): string => `${provider}models:
  a:
    context_window: 8000
    ${price}
    deployments: [{provider: main}]
    ${line}
`;

const model = (name: string, settings: string): string =>
  `  ${name}: {context_window: 8000, ${price}, deployments: [{provider: main}], ${settings}}\n`;

const withModels = (...models: readonly string[]): string =>
  `${provider}models:\n${models.join('')}`;

describe('a valid configuration', () => {
  test('is resolved with every default', () => {
    const { catalog, defaults, webhooks } = loaded(withModelLine('tags: [eu]'));
    expect(catalog.models.get('a')).toMatchObject({
      name: 'a',
      kinds: ['chat.completions'],
      capabilities: [],
      contextWindowTokens: 8_000,
      defaultOutputTokens: 4_096,
      maxOutputTokens: 8_000,
      imageTokensMax: undefined,
      timers: {
        connectTimeoutMs: 5_000,
        firstByteTimeoutMs: 60_000,
        idleTimeoutMs: 30_000,
        totalTimeoutMs: 600_000,
      },
      fallbacks: [],
      contextFallbacks: [],
      contentFallbacks: [],
      tags: ['eu'],
      deployments: [
        {
          id: 'a/main',
          provider: { name: 'main', baseUrl: 'https://llm.example/v1', apiKeyEnv: 'MAIN_KEY' },
          upstreamModel: 'a',
          concurrency: 4,
          rpm: undefined,
          rpmBurst: 4,
          tpm: undefined,
          weight: 1,
          order: 0,
          stream: true,
          outputCapField: 'max_tokens',
          price: { input: 150_000_000n, cachedInput: 150_000_000n, output: 600_000_000n },
        },
      ],
    });
    expect(defaults).toEqual({
      ceilingNanoUsd: 1_000_000_000n,
      deadlineMs: 86_400_000,
      riskRetries: 1,
      acceptsLate: false,
    });
    expect(webhooks).toEqual({ allowHttp: false, extraPorts: [] });
  });

  test('takes the output cap field of the provider, and of a deployment before it', () => {
    const { catalog } = loaded(`providers:
  main: {dialect: openai, base_url: "https://a.example", output_cap_field: max_completion_tokens}
models:
  a:
    context_window: 8000
    ${price}
    deployments:
      - {provider: main}
      - {provider: main, name: old, output_cap_field: max_tokens}
`);
    const fields = catalog.models.get('a')?.deployments.map((each) => each.outputCapField);
    expect(fields).toEqual(['max_completion_tokens', 'max_tokens']);
  });

  test('moves urgent jobs that wait too long, and others as the file says', () => {
    const file = (promotion: string) => `${withModelLine('tags: []')}promotion: ${promotion}\n`;
    expect(loaded(file('{}')).promotion).toEqual({
      limits: { urgent: 2_000, high: 10_000, normal: 'deadline', low: 'off' },
      toFallbacks: false,
    });
    const given = '{urgent: 500ms, high: deadline, normal: off, low: 1h, to_fallbacks: true}';
    expect(loaded(file(given)).promotion).toEqual({
      limits: { urgent: 500, high: 'deadline', normal: 'off', low: 3_600_000 },
      toFallbacks: true,
    });
    expect(problemsOf(file('{urgent: 99ms}')).join()).toContain('at least 100ms');
    expect(problemsOf(file('{bulk: 2s}')).join()).toContain('bulk');
  });

  test('cannot open loopback to webhooks: that is no setting of a file', () => {
    const text = `${withModelLine('tags: []')}webhooks: {allow_loopback: true}\n`;
    expect(problemsOf(text).join()).toContain('allow_loopback');
  });

  test('keeps what a deployment, a route and the defaults say', () => {
    const { catalog, defaults } = loaded(`${withModels(model('a', ''), model('b', ''))}
  c:
    context_window: 9000
    max_output_tokens: 2000
    timeouts: {idle: 2s}
    deployments:
      - {name: eu, provider: main, model: c-2026, concurrency: 9, rpm: 60, tpm: 5000, ${price}}
routes:
  auto: {strategy: weighted, targets: [a, {model: b, weight: 0.5}]}
defaults: {ceiling_usd: 0.5, deadline: 2h, risk_retries: 0}
`);
    expect(catalog.models.get('c')).toMatchObject({
      defaultOutputTokens: 2_000,
      timers: { connectTimeoutMs: 5_000, idleTimeoutMs: 2_000 },
      deployments: [{ id: 'c/eu', upstreamModel: 'c-2026', rpm: 60, rpmBurst: 9, tpm: 5_000 }],
    });
    expect(catalog.routes.get('auto')).toEqual({
      name: 'auto',
      strategy: 'weighted',
      targets: [
        { model: 'a', weight: 1 },
        { model: 'b', weight: 0.5 },
      ],
    });
    expect(defaults.ceilingNanoUsd).toBe(500_000_000n);
  });

  test('says how routes choose and how good models are', () => {
    const settings = ['quality: 0.7', 'quality: {default: 0.5, code: 0.9}'];
    const models = withModels(...settings.map((each, index) => model(`m${index}`, each)));
    const { catalog } = loaded(`${models}routes:
  auto: {targets: [m0, m1], weights: {quality: 3}, min_quality: 0.4}
  met: {strategy: cheapest_meeting, goal: {quality: 0.8, deadline: 30s}, targets: [m0]}
routing: {exploration: 0.02}
`);
    expect([...catalog.models.values()].map(({ quality }) => quality)).toEqual([
      { default: 0.7 },
      { default: 0.5, code: 0.9 },
    ]);
    const [auto, met] = [...catalog.routes.values()];
    expect(auto).toMatchObject({ strategy: 'balanced', weights: { quality: 3 }, minQuality: 0.4 });
    expect(met).toMatchObject({ goal: { quality: 0.8, deadlineMs: 30_000 } });
    expect(catalog.exploration).toBe(0.02);
  });

  test('is frozen, and its version follows its content', () => {
    const one = loaded(withModelLine('tags: [eu]')).catalog;
    const same = loaded(`# a comment\n${withModelLine('tags: ["eu"]')}`).catalog;
    const other = loaded(withModelLine('tags: [us]')).catalog;
    expect(one.version).toMatch(/^[0-9a-f]{12}$/);
    expect(same.version).toBe(one.version);
    expect(other.version).not.toBe(one.version);
    expect(Object.isFrozen(one.models.get('a')?.deployments[0]?.price)).toBe(true);
  });

  test('may leave the output price out for embeddings only', () => {
    const text = withModelLine('kinds: [embeddings]').replace(', output: "0.6"', '');
    expect(loaded(text).catalog.models.get('a')?.deployments[0]?.price.output).toBe(0n);
    expect(problemsOf(text.replace('[embeddings]', '[embeddings, responses]'))).toEqual([
      expect.stringContaining('has no output price'),
    ]);
  });

  test('may use anchors and an escaped dollar sign', () => {
    const withHeaders = `providers:
  main:
    dialect: openai
    base_url: https://llm.example/v1
    headers: {x-plan: &plan "$\${A}", x-again: *plan}
`;
    const config = loaded(`${withHeaders}models:\n${model('a', '')}`);
    const literal = '$'.concat('{A}');
    expect(config.catalog.providers.get('main')?.headers).toEqual({
      'x-plan': literal,
      'x-again': literal,
    });
  });
});

describe('a problem is reported with file, line and column', () => {
  test.each([
    [
      'an unknown key',
      'tegs: [a]',
      '8:5: models.a.tegs: unknown key "tegs" (did you mean "tags"?)',
    ],
    ['a wrong type', 'tags: eu', '8:11: models.a.tags: expected a list, got "eu"'],
    [
      'a wrong choice',
      'capabilities: [vison]',
      '8:20: models.a.capabilities[0]: expected one of tools, json_schema, vision, got "vison"',
    ],
    [
      'a wrong number',
      'max_output_tokens: -1',
      '8:24: models.a.max_output_tokens: expected a whole number from 1 to 100000000, got -1',
    ],
    [
      'a section that is none',
      'timeouts: 5s',
      '8:15: models.a.timeouts: expected a mapping, got "5s"',
    ],
    [
      'a wrong duration',
      'timeouts: {idle: 5 seconds}',
      '8:22: models.a.timeouts.idle: expected a duration from 1ms to 1h, ' +
        'such as 500ms, 5s, 10m, 24h or 1d, got "5 seconds"',
    ],
    [
      'a cap above the window',
      'max_output_tokens: 8001',
      '8:24: models.a.max_output_tokens: expected at most the context window, 8000',
    ],
    [
      'a default above the cap',
      'default_output_tokens: 8001',
      '8:28: models.a.default_output_tokens: expected at most the largest output cap, 8000',
    ],
    [
      'vision without a bound',
      'capabilities: [vision]',
      '8:19: models.a.capabilities: vision needs image_tokens_max, or images could not be priced',
    ],
    [
      'an unknown fallback',
      'fallbacks: [b]',
      '8:17: models.a.fallbacks[0]: no model is called "b"',
    ],
    [
      'a model that falls back on itself',
      'fallbacks: [a]',
      '8:17: models.a.fallbacks[0]: fallbacks lead in a circle: a → a',
    ],
  ])('%s', (_, line, problem) => {
    expect(problemsOf(withModelLine(line))).toEqual([`forebay.yaml:${problem}`]);
  });

  test('every problem at once, in the order of the file', () => {
    const text = withModelLine('weight: 1').replace('dialect: openai', 'dialect: grok');
    expect(problemsOf(`${text}  'b{c}': {}\nrotues: {}\n`)).toEqual([
      expect.stringMatching(/^forebay.yaml:2:19: providers.main.dialect: expected one of openai/),
      expect.stringMatching(/^forebay.yaml:8:5: models.a.weight: unknown key "weight" \(expected/),
      expect.stringMatching(/^forebay.yaml:9:3: models.b{c}: expected letters.*got "b{c}"$/),
      'forebay.yaml:10:1: rotues: unknown key "rotues" (did you mean "routes"?)',
    ]);
  });

  test('broken YAML once, without what follows from it', () => {
    expect(problemsOf(`${provider}models: {a: b} c\n`)).toEqual([
      expect.stringMatching(/^forebay.yaml:3:16: /),
    ]);
  });

  test('a key that stands twice', () => {
    expect(problemsOf(withModels(model('a', ''), model('a', '')))).toEqual([
      'forebay.yaml:5:3: Map keys must be unique',
    ]);
  });

  test('a variable that is missing, and never the value of one that is there', () => {
    const missing = withModelLine('').replace('HOST_NAME', 'NO_SUCH');
    expect(problemsOf(missing)).toEqual([
      'forebay.yaml:2:37: expected the environment variable NO_SUCH to be set, got nothing',
    ]);
    const leaky = withModelLine('').replace(/https:[^"]*/, '$${TOKEN}');
    expect(problemsOf(leaky)).toEqual([
      expect.stringMatching(/base_url: expected an http or https URL.*got "\$\{TOKEN\}"$/),
    ]);
  });

  test('aliases that multiply themselves', () => {
    const levels = Array.from(
      { length: 9 },
      (_, n) => `l${n + 1}: &l${n + 1} [${`*l${n}, `.repeat(9)}]`,
    );
    const text = ['l0: &l0 [x]', ...levels].join('\n');
    expect(problemsOf(text)).toEqual([expect.stringContaining('alias')]);
  });

  test('an empty file', () => {
    expect(problemsOf('')).toEqual(['forebay.yaml:1:1: expected a mapping, got nothing']);
  });

  test('a key in the file instead of its name', () => {
    const text = withModelLine('').replace('MAIN_KEY', 'sk-live-123');
    expect(problemsOf(text)[0]).toContain('expected the name of an environment variable');
    const header = withModelLine('').replace('api_key_env: MAIN_KEY', 'headers: {Api-Key: a}');
    expect(problemsOf(header)[0]).toContain('credentials belong into api_key_env');
  });
});

describe('references', () => {
  const withRoute = (route: string): string =>
    `${withModels(model('a', ''), model('b', ''))}routes:\n  ${route}\n`;

  test.each([
    [
      'weights that nobody would read',
      withRoute('r: {strategy: cheapest, weights: {cost: 2}, targets: [a, b]}'),
      'only the strategy balanced uses weights, and this one is cheapest',
    ],
    [
      'weights that weigh nothing',
      withRoute('r: {weights: {cost: 0, speed: 0, quality: 0, load: 0}, targets: [a, b]}'),
      'expected at least one weight above 0',
    ],
    [
      'a goal that nobody would read',
      withRoute('r: {goal: {quality: 0.8}, targets: [a, b]}'),
      'only the strategy cheapest_meeting has a goal, and this one is balanced',
    ],
    [
      'an unknown provider',
      withModels(model('a', '')).replace('provider: main', 'provider: mian'),
      'no provider is called "mian" (did you mean "main"?)',
    ],
    [
      'two deployments of one name',
      withModels(model('a', '')).replace('{provider: main}', '{provider: main}, {provider: main}'),
      'two deployments are called "main"; give each a name of its own',
    ],
    [
      'a model without a price',
      withModels(model('a', '')).replace(`${price}, `, ''),
      'has no price; give one here or to the model, or name one with price_from',
    ],
    [
      'a route with an unknown target',
      withRoute('auto: {strategy: cheapest, targets: [aa]}'),
      'no model is called "aa"',
    ],
    [
      'a route that lists a target twice',
      withRoute('auto: {strategy: cheapest, targets: [a, a]}'),
      '"a" is listed twice',
    ],
    [
      'a route without any weight',
      withRoute('auto: {strategy: weighted, targets: [{model: a, weight: 0}]}'),
      'expected at least one target with a weight above 0',
    ],
    [
      'a route called like a model',
      withRoute('a: {strategy: cheapest, targets: [b]}'),
      'a model is called "a" already',
    ],
    ['no model at all', `${provider}models: {}\n`, 'expected at least one model'],
  ])('are refused when impossible: %s', (_, text, message) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^forebay.yaml:\d+:\d+: /)]);
    expect(problemsOf(text)[0]?.endsWith(message)).toBe(true);
  });

  test('do not take members of every object for models', () => {
    expect(problemsOf(withModels(model('a', 'fallbacks: [constructor]')))).toEqual([
      expect.stringContaining('no model is called "constructor"'),
    ]);
  });
});
