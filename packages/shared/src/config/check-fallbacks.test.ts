import { describe, expect, test } from 'vitest';
import { formatConfigProblem, loadConfig } from './load-config.ts';

const model = (name: string, settings: string, window = 8_000): string =>
  `  ${name}: {context_window: ${window}, price: {input: "1", output: "2", source: test}, ` +
  `deployments: [{provider: main}], ${settings}}\n`;

function load(models: readonly string[], rest = '') {
  const provider = 'providers:\n  main: {dialect: openai, base_url: "https://llm.example/v1"}\n';
  const text = `${provider}models:\n${models.join('')}${rest}`;
  return loadConfig({ path: 'forebay.yaml', text, env: () => undefined });
}

function problemsOf(models: readonly string[], rest?: string): readonly string[] {
  const result = load(models, rest);
  return result.kind === 'invalid' ? result.problems.map(formatConfigProblem) : [];
}

const lists = ['fallbacks', 'context_fallbacks', 'content_fallbacks'] as const;

test('a model may have a list for each way to fail', () => {
  const settings = 'fallbacks: [b], context_fallbacks: [w], content_fallbacks: [b, w]';
  const result = load([model('a', settings), model('b', ''), model('w', '', 9_000)]);
  if (result.kind === 'invalid') throw new Error('this configuration is valid');
  expect(result.config.catalog.models.get('a')).toMatchObject({
    fallbacks: ['b'],
    contextFallbacks: ['w'],
    contentFallbacks: ['b', 'w'],
  });
});

test('lists that are followed for different reasons do not make a circle together', () => {
  const models = [model('a', 'fallbacks: [b]'), model('b', 'content_fallbacks: [a]')];
  expect(problemsOf(models)).toEqual([]);
});

describe.each(lists)('%s are refused', (list) => {
  test('when they lead in a circle, which is named', () => {
    const ring = ['a', 'b', 'c'].map((name, index) =>
      model(name, `${list}: [${['b', 'c', 'a'][index]}]`, 8_000 + index),
    );
    expect(problemsOf(ring)).toContainEqual(
      expect.stringMatching(
        new RegExp(`models\\.c\\.${list}\\[0\\]: ${list} lead in a circle: a → b → c → a$`),
      ),
    );
    const entered = problemsOf([...ring, model('d', `${list}: [b]`, 7_000)]);
    expect(entered.filter((problem) => problem.includes('circle'))).toHaveLength(1);
  });

  test('when a model names itself', () => {
    expect(problemsOf([model('a', `${list}: [a]`)])).toEqual([
      expect.stringContaining(`${list} lead in a circle: a → a`),
    ]);
  });

  test.each([
    {
      what: 'unknown names',
      other: model('big', ''),
      names: '[bgi]',
      message: 'no model is called "bgi" (did you mean "big"?)',
    },
    {
      what: 'members of every object',
      other: '',
      names: '[constructor]',
      message: 'no model is called "constructor"',
    },
    {
      what: 'a name twice',
      other: model('b', '', 9_000),
      names: '[b, b]',
      message: '"b" is listed twice',
    },
    {
      what: 'smaller windows',
      other: model('b', '', 4_000),
      names: '[b]',
      message: '"b" cannot take over from "a": its context window is 4000, smaller than 8000',
    },
    {
      what: 'other kinds',
      other: model('b', 'kinds: [responses]', 9_000),
      names: '[b]',
      message: '"b" cannot take over from "a": it does not serve chat.completions',
    },
  ])('for $what', ({ other, names, message }) => {
    const problems = problemsOf([model('a', `${list}: ${names}`), other]);
    expect(problems).toEqual([
      expect.stringMatching(new RegExp(`^forebay.yaml:4:.* models\\.a\\.${list}\\[.\\]: `)),
    ]);
    expect(problems[0]).toContain(message);
  });

  test('for capabilities that are missing', () => {
    const able = model('a', `capabilities: [tools, json_schema], ${list}: [b]`);
    expect(problemsOf([able, model('b', 'capabilities: [tools]', 9_000)])).toEqual([
      expect.stringContaining('"b" cannot take over from "a": it lacks json_schema'),
    ]);
  });
});

test('a list for prompts that do not fit names larger windows only', () => {
  expect(problemsOf([model('a', 'context_fallbacks: [b]'), model('b', '')])).toEqual([
    expect.stringContaining('its context window is 8000, too'),
  ]);
});

test('a route leads to models, never to a route', () => {
  const route = 'routes:\n  auto: {strategy: cheapest, targets: [auto]}\n';
  expect(problemsOf([model('a', '')], route)).toEqual([
    expect.stringContaining('routes.auto.targets[0]: "auto" is a route; expected a model'),
  ]);
});
