import { expect, test } from 'vitest';
import { createSeededRandom } from '../text/seeded-random.ts';
import { drawFrom } from './distribution.ts';
import { parseScenarioObject, parseScenarioText, ScenarioError } from './parse-scenario.ts';
import { resolveProfile } from './resolve-profile.ts';

function problemsOf(text: string): readonly string[] {
  try {
    parseScenarioText(text);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

test('every problem is reported at once, with its place', () => {
  const problems = problemsOf(`
default:
  latency_ms: {uniform: [9, 1]}
  price: {input_per_million_usd: 0.15}
models:
  small:
    colour: red
    faults:
      - kind: explode
      - kind: slow_drip
        params: {bytes: none}
`);
  expect(problems).toEqual([
    'default.latency_ms.uniform (line 3, column 25): expected two numbers, the smaller one first',
    expect.stringContaining('default.price.input_per_million_usd (line 4, column 34): expected'),
    expect.stringContaining('models.small.faults.0.kind (line 9, column 15): expected a fault'),
    expect.stringContaining('models.small.faults.1.params.bytes (line 11, column 25): expected'),
    expect.stringContaining('models.small.colour (line 7, column 13): unknown field; known: '),
  ]);
});

test('text that is no YAML, or no mapping, is refused', () => {
  expect(problemsOf('models: [')).toHaveLength(1);
  expect(problemsOf('just words')).toEqual([expect.stringContaining('expected a mapping')]);
  expect(problemsOf('')).toEqual([]);
});

test('later levels replace whole fields of earlier ones', () => {
  const scenario = parseScenarioObject({
    default: { capacity: 1, rpm: 10 },
    models: { small: { capacity: 2 } },
    deployments: { east: { default: { rpm: 20 }, models: { small: { per_token_ms: 3 } } } },
  });
  const profile = (deployment: string, model: string) => {
    const { capacity, rpm, perTokenMs } = resolveProfile(scenario, deployment, model) ?? {};
    return { capacity, rpm, perTokenMs };
  };
  expect(profile('default', 'other')).toEqual({ capacity: 1, rpm: 10, perTokenMs: 0 });
  expect(profile('default', 'small')).toEqual({ capacity: 2, rpm: 10, perTokenMs: 0 });
  expect(profile('east', 'small')).toEqual({ capacity: 2, rpm: 20, perTokenMs: 3 });
});

test('a lognormal draw has the median and the p95 it was given', () => {
  const random = createSeededRandom('draws');
  const distribution = { kind: 'lognormal' as const, median: 100, p95: 400 };
  const draws = Array.from({ length: 20_000 }, () => drawFrom(distribution, random));
  draws.sort((a, b) => a - b);
  expect(draws[10_000]).toBeGreaterThan(95);
  expect(draws[10_000]).toBeLessThan(105);
  expect(draws[19_000]).toBeGreaterThan(370);
  expect(draws[19_000]).toBeLessThan(430);
});
