import { describe, expect, test } from 'vitest';
import { formatConfigProblem, loadConfig } from './load-config.ts';

const models = `providers: {main: {dialect: openai, base_url: "https://llm.example/v1"}}
models:
${['a', 'b', 'c']
  .map(
    (name) => `  ${name}:
    context_window: 8000
    tags: [${name === 'a' ? 'eu, open_weights' : 'us'}]
    price: {input: "0.15", output: "0.6", source: test}
    deployments: [{provider: main}]
`,
  )
  .join('')}routes:
  auto: {strategy: cheapest, targets: [a, b]}
`;

function load(text: string) {
  const result = loadConfig({ path: 'f.yaml', text: `${models}${text}`, env: () => undefined });
  const lines = result.kind === 'invalid' ? result.problems : result.warnings;
  return {
    told: lines.map(formatConfigProblem),
    catalog: result.kind === 'loaded' ? result.config.catalog : undefined,
  };
}

const rules = (...each: readonly string[]): string =>
  `rules:\n${each.map((one) => `  - ${one}\n`).join('')}`;
const rule = (when: string, then = '{avoid: [a]}', name = 'one') =>
  `{name: ${name}, when: ${when}, then: ${then}}`;

describe('rules', () => {
  test('are read with one or several texts, ranges and conditions within conditions', () => {
    const { told, catalog } = load(
      rules(
        `{name: long, when: {tenant: acme, input_tokens: {at_least: 100},
    headers: {X-App: [a, "b*"]},
    not: {any: [{kind: embeddings}, {deadline_within: 5m}]}}, then: {route_to: auto, prefer: [b]}}`,
        '{name: everyone, then: {route_to: [a, b], strategy: fastest}}',
      ),
    );
    expect(told).toEqual([]);
    expect(catalog?.rules).toMatchObject([
      {
        name: 'long',
        when: {
          tenant: ['acme'],
          inputTokens: { atLeast: 100 },
          headers: { 'x-app': ['a', 'b*'] },
          not: { any: [{ kind: ['embeddings'] }, { deadlineWithinMs: 300_000 }] },
        },
        effects: { routeTo: ['auto'], prefer: ['b'] },
      },
      { name: 'everyone', when: {}, effects: { routeTo: ['a', 'b'], strategy: 'fastest' } },
    ]);
  });

  test.each([
    ['{tenent: x}', '{avoid: [a]}', 'unknown key "tenent" (did you mean "tenant"?)'],
    ['{any: [{usr: x}]}', '{avoid: [a]}', 'unknown key "usr" (did you mean "user"?)'],
    [
      '{tenant: "a*b"}',
      '{avoid: [a]}',
      'expected a text of 1 to 256 characters, * only at its end',
    ],
    [
      '{headers: {Authorization: x}}',
      '{avoid: [a]}',
      'rules may not read headers with credentials',
    ],
    ['{headers: {x-api-key: x}}', '{avoid: [a]}', 'rules may not read headers with credentials'],
    [
      '{images: {at_least: 2, at_most: 1}}',
      '{avoid: [a]}',
      'expected at_least to be at most at_most',
    ],
    [
      '{requested: autos}',
      '{avoid: [a]}',
      'no model, route or alias is called "autos" (did you mean',
    ],
    ['{}', '{}', 'expected at least one of route_to'],
    ['{}', '{forbid: [aa]}', 'no model is called "aa"'],
    ['{}', '{route_to: aut}', 'no model, route or alias is called "aut" (did you mean "auto"?)'],
    ['{}', '{route_to: [a, auto]}', 'no model is called "auto"'],
    [
      '{}',
      '{require_tags: [open_weight]}',
      'no model has the tag "open_weight" (did you mean "open_w',
    ],
    ['{}', '{prefer: [a, a]}', 'expected each name once'],
    ['{}', '{strategy: best, weights: {cost: 2}}', 'only balanced uses them'],
    [
      '{}',
      '{weights: {cost: 0, speed: 0, quality: 0, load: 0}}',
      'then.weights: expected at least one weight above 0',
    ],
    ['{}', '{weights: {costs: 2}}', 'unknown key "costs" (did you mean "cost"?)'],
  ])('with the condition %s and the effect %s are refused', (when, then, expected) => {
    const { told } = load(rules(rule(when, then)));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(expected);
    expect(told[0]).toMatch(/^f\.yaml:2\d:\d+: rules\[0\]/);
  });

  test('of the same name are refused', () => {
    expect(load(rules(rule('{}'), rule('{tenant: x}'))).told[0]).toContain(
      'two rules are called "one"',
    );
  });

  test.each([
    '{tenant: a, all: [{tenant: b}]}',
    '{tenant: "a*", all: [{tenant: ["b*", c]}]}',
    '{input_tokens: {at_most: 9}, all: [{input_tokens: {at_least: 10}}]}',
    '{metadata: {x: a}, all: [{metadata: {x: b}}]}',
    '{kind: embeddings, any: [{kind: responses}, {all: [{kind: chat.completions}]}]}',
    '{not: {}}',
    '{user: u, not: {user: [u]}}',
  ])('that no job can fit are served and warned of: %s', (when) => {
    const { told, catalog } = load(rules(rule(when)));
    expect(told).toEqual([expect.stringContaining('no job can ever fit the rule "one"')]);
    expect(catalog?.rules).toHaveLength(1);
  });

  test.each([
    '{tenant: "a*", all: [{tenant: ["b*", abc]}]}',
    '{tenant: a, any: [{tenant: b}, {user: u}]}',
    '{input_tokens: {at_most: 10}, all: [{input_tokens: {at_least: 10}}]}',
    '{not: {tenant: x, user: u}, tenant: x}',
  ])('that a job can fit are not warned of: %s', (when) => {
    expect(load(rules(rule(when))).told).toEqual([]);
  });

  test('that only repeat earlier ones are warned of', () => {
    const wide = rule('{}', '{route_to: auto, forbid: [a, b]}', 'wide');
    const narrow = (then: string) => load(rules(wide, rule('{tenant: x}', then, 'narrow'))).told;
    expect(narrow('{route_to: a}')).toEqual([
      'f.yaml:22:5: rules[1]: the rule "narrow" says nothing that "wide" does not',
    ]);
    expect(narrow('{forbid: [b]}')).toHaveLength(1);
    expect(narrow('{forbid: [b, c]}')).toEqual([]);
    expect(narrow('{strategy: fastest}')).toEqual([]);
    const other = rule('{user: u}', '{route_to: auto}', 'other');
    expect(load(rules(other, rule('{tenant: x}', '{route_to: a}'))).told).toEqual([]);
  });
});

describe('aliases', () => {
  test('are read in the order of their beginning', () => {
    const { told, catalog } = load(
      'aliases: {gpt: {versions: [{model: b, from: 2026-08-15}, {model: a}]}}\n',
    );
    expect(told).toEqual([]);
    expect(catalog?.aliases.get('gpt')?.versions).toEqual([
      { target: 'a', fromMs: 0 },
      { target: 'b', fromMs: Date.parse('2026-08-15T00:00:00Z') },
    ]);
  });

  test.each([
    ['x: {versions: [{model: aa}]}', 'no model, route or alias is called "aa"'],
    ['x: {versions: [{model: a, from: 2026-08-15}]}', 'expected one version without `from`'],
    ['x: {versions: [{model: a}, {model: b}]}', 'expected each version to begin at another time'],
    ['x: {versions: [{model: a, from: 2026-13-15}]}', 'expected a day such as 2026-08-15'],
    ['a: {versions: [{model: b}]}', 'a model is called "a" already'],
    ['auto: {versions: [{model: b}]}', 'a route is called "auto" already'],
    ['x: {versions: [{model: x}]}', 'the names lead in a circle: x → x'],
    [
      'x: {versions: [{model: y}]}, y: {versions: [{model: a}, {model: x, from: 2026-08-15}]}',
      'the names lead in a circle: x → y → x',
    ],
  ])('such as {%s} are refused', (text, expected) => {
    const { told } = load(`aliases: {${text}}\n`);
    expect(told[0]).toContain(expected);
    expect(told).toHaveLength(1);
  });

  test('go for those of retired models, too, whose replacements must not lead in a circle', () => {
    const retiring = models.replace(
      '  b:\n',
      '  b:\n    retires: 2026-12-01\n    replaced_by: x\n',
    );
    const circle = `${retiring}aliases: {x: {versions: [{model: b}]}}\n`;
    const result = loadConfig({ path: 'f.yaml', text: circle, env: () => undefined });
    expect(result).toMatchObject({
      kind: 'invalid',
      problems: [{ message: 'the names lead in a circle: x → b → x' }],
    });
  });
});

describe('a canary', () => {
  const withCanary = (text: string) => {
    const routed = models.replace('targets: [a, b]', `targets: [a, b], canary: {${text}}`);
    const result = loadConfig({ path: 'f.yaml', text: routed, env: () => undefined });
    return result.kind === 'invalid'
      ? result.problems.map(({ message }) => message)
      : result.config.catalog.routes.get('auto')?.canary;
  };

  test('is a model beside the targets and its share', () => {
    expect(withCanary('model: c, percent: 2.5')).toEqual({ model: 'c', percent: 2.5 });
  });

  test.each([
    ['model: d, percent: 5', 'no model is called "d"'],
    ['model: a, percent: 5', '"a" is a target already; take it out there, or its share is more'],
    ['model: c, percent: 101', 'expected a number from 0 to 100, got 101'],
  ])('such as {%s} is refused', (text, expected) => {
    expect(withCanary(text)).toEqual([expected]);
  });
});

describe('a shadow', () => {
  const withShadow = (text: string) => {
    const routed = models.replace(
      'targets: [a, b]',
      `targets: [a], canary: {model: b, percent: 1}, shadow: {${text}}`,
    );
    const result = loadConfig({ path: 'f.yaml', text: routed, env: () => undefined });
    return result.kind === 'invalid'
      ? result.problems.map(formatConfigProblem).map((line) => line.replace(/^\S+ /, ''))
      : result.config.catalog.routes.get('auto')?.shadow;
  };

  test('is a model, its share, and the tenant that pays', () => {
    const shadow = { model: 'c', percent: 5, tenant: 'lab' };
    expect(withShadow('model: c, percent: 5, tenant: lab')).toEqual({
      ...shadow,
      expiresMs: 600_000,
    });
    expect(withShadow('model: c, percent: 5, tenant: lab, expires: 30s')).toEqual({
      ...shadow,
      expiresMs: 30_000,
    });
  });

  const share = 'percent: 5, tenant: lab';
  const path = 'routes.auto.shadow';
  const noTenant =
    `${path}.tenant: expected the name of a tenant that is yours, such as shadow-lab; ` +
    'its budget pays for shadows';
  test.each([
    [`model: d, ${share}`, `${path}.model: no model is called "d"`],
    [
      `model: auto, ${share}`,
      `${path}.model: "auto" is a route; expected a model, so that no shadow has one of its own`,
    ],
    [
      `model: a, ${share}`,
      `${path}.model: "a" is a target already; name a model that the route does not use`,
    ],
    [
      `model: b, ${share}`,
      `${path}.model: "b" is the canary already; name another model, or take the canary out`,
    ],
    [
      'model: c, percent: 101, tenant: lab',
      `${path}.percent: expected a number from 0 to 100, got 101`,
    ],
    ['model: c, percent: 5', `${noTenant}, got nothing`],
    ['model: c, percent: 5, tenant: No Body', `${noTenant}, got "No Body"`],
  ])('such as {%s} is refused', (text, expected) => {
    expect(withShadow(text)).toEqual([expected]);
  });
});
