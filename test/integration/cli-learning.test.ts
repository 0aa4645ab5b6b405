// `forebay calibrate` and `forebay evaluate` on outcomes whose truth is known, without a server.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateOutcomes } from '../support/generated-outcomes.ts';
import { runCommandHere } from '../support/run-command-here.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';

const folder = makeFolder('learning');
afterAll(() => removeFolder(folder));

const file = (name: string): string => join(folder, name);
const run = (...args: readonly string[]) => runCommandHere(args, {});

describe('on outcomes of eight tasks and four models', () => {
  let calibrated: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    const train = generateOutcomes({ prompts: 400, seed: 1, labelNoise: 0.1 });
    // The first ten prompts of the test file are known from training.
    const test = generateOutcomes({ prompts: 250, seed: 2, labelNoise: 0 });
    writeFileSync(file('train.jsonl'), `${train.join('\n')}\n`);
    writeFileSync(file('test.jsonl'), [...train.slice(0, 40), ...test].join('\n'));
    calibrated = await run(
      ...['calibrate', '--outcomes', file('train.jsonl')],
      ...['--out', file('a.predictor'), '--json'],
    );
  });

  test('calibrate compares learners and keeps a predictor without a word of the prompts', () => {
    expect(calibrated.code).toBe(0);
    const report = JSON.parse(calibrated.stdout);
    expect(report).toMatchObject({ chosen: 'mixture', prompts: 400, outcomes: 1_600 });
    expect(report.compared.map(({ learner }: { learner: string }) => learner)).toEqual([
      ...['prior', 'classes', 'ridge', 'logistic', 'neighbours', 'trees', 'mixture'],
    ]);
    expect(readFileSync(file('a.predictor'), 'latin1')).not.toMatch(/lighthouse|invoice/);
  });

  test('routing gets four fifths of what the best choice has over the best model', async () => {
    const evaluated = await run(
      ...['evaluate', '--outcomes', file('test.jsonl'), '--artefact', file('a.predictor')],
      ...['--json', '--plot', file('curve.svg')],
    );
    expect(evaluated.code).toBe(0);
    const report = JSON.parse(evaluated.stdout);
    expect(report.choice.recovered).toBeGreaterThanOrEqual(0.8);
    expect(report.apgr).toBeGreaterThan(0.8);
    expect(report).toMatchObject({ prompts_seen_in_training: 10, prompts: 250 });
    expect(report.weak).toBe('alpha');
    expect(readFileSync(file('curve.svg'), 'utf8')).toContain('<polyline');
  });
});

test('without a predictor each prompt is judged by those of the other folds', async () => {
  const outcomes = generateOutcomes({ prompts: 90, seed: 5, labelNoise: 0 });
  writeFileSync(file('one-file.jsonl'), outcomes.join('\n'));
  const { stdout } = await run('evaluate', '--outcomes', file('one-file.jsonl'), '--json');
  const report = JSON.parse(stdout);
  expect(report.choice.recovered).toBeGreaterThan(0.5);
  expect(report.apgr).toBeGreaterThan(0.6);
});

test('on pure noise routing stays with the best model', async () => {
  const noise = { labelNoise: 0, isPureNoise: true } as const;
  writeFileSync(file('n.jsonl'), generateOutcomes({ prompts: 200, seed: 3, ...noise }).join('\n'));
  writeFileSync(file('m.jsonl'), generateOutcomes({ prompts: 200, seed: 4, ...noise }).join('\n'));
  await run('calibrate', '--outcomes', file('n.jsonl'), '--out', file('n.predictor'));
  const { stdout } = await run(
    ...['evaluate', '--outcomes', file('m.jsonl'), '--artefact', file('n.predictor'), '--json'],
  );
  const { apgr_interval: interval } = JSON.parse(stdout);
  expect(interval[0]).toBeLessThanOrEqual(0.5);
  expect(interval[1]).toBeGreaterThanOrEqual(0.5);
});

test('what is not known of a model is said, and keeps nothing else from being judged', async () => {
  const outcomes = (models: readonly string[], costs: Readonly<Record<string, number>>): string =>
    ['Add 2 and 3.', 'Sing a song.', 'Name a fish.', 'Spell cat.']
      .flatMap((prompt, at) =>
        models.map((model, place) =>
          JSON.stringify({ prompt, model, score: (at + place) % 2, cost_usd: costs[model] }),
        ),
      )
      .join('\n');
  writeFileSync(file('known.jsonl'), outcomes(['a', 'b'], {}).replaceAll('.', '!'));
  await run('calibrate', '--outcomes', file('known.jsonl'), '--out', file('k.predictor'));
  const evaluate = (name: string, ...args: readonly string[]) =>
    run('evaluate', '--outcomes', file(name), '--artefact', file('k.predictor'), ...args);

  writeFileSync(file('strangers.jsonl'), outcomes(['c', 'd'], {}));
  const refused = await evaluate('strangers.jsonl');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/knows neither "[cd]" nor "[cd]"; it knows a, b\./);

  writeFileSync(file('three.jsonl'), outcomes(['a', 'b', 'c'], { a: 0.1, c: 0.3 }));
  const { stdout } = await evaluate('three.jsonl', '--strong', 'b');
  expect(stdout).toContain('not known to the predictor: c; taken for the mean of what it knows');
  expect(stdout).toContain('costs as in the outcomes\nno cost known of b: left out where costs');
  const report = JSON.parse((await evaluate('three.jsonl', '--strong', 'b', '--json')).stdout);
  expect(report).toMatchObject({ weak: 'a', costs_from: 'outcomes' });
  expect(report.models_unknown_to_predictor).toEqual(['c']);
  const costs = report.models.map((each: { cost_usd: number | null }) => each.cost_usd);
  expect(costs).toEqual([expect.closeTo(0.1), null, expect.closeTo(0.3)]);
});

test('a bad line is named with what was expected, and can be left out', async () => {
  const lines = ['{"prompt":"p","model":"a","score":1}', '{"prompt":"p","model":"a"}'];
  writeFileSync(file('bad.jsonl'), lines.join('\n'));
  const out = ['--out', file('bad.predictor')];
  const refused = await run('calibrate', '--outcomes', file('bad.jsonl'), ...out);
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toMatch(/bad\.jsonl:2: "score": expected a number.*--skip-bad/s);
  expect(
    await run('calibrate', '--outcomes', file('bad.jsonl'), ...out, '--skip-bad'),
  ).toMatchObject({ code: 0 });
});

test('what is no predictor, or a damaged one, is refused with the remedy', async () => {
  writeFileSync(file('no.predictor'), 'no such thing\n');
  writeFileSync(file('one.jsonl'), '{"prompt":"p","model":"a","score":1}\n');
  await run('calibrate', '--outcomes', file('one.jsonl'), '--out', file('one.predictor'));
  const bytes = readFileSync(file('one.predictor'));
  writeFileSync(file('cut.predictor'), bytes.subarray(0, -3));
  for (const name of ['no.predictor', 'cut.predictor', 'missing.predictor']) {
    const result = await run(
      ...['evaluate', '--outcomes', file('one.jsonl'), '--artefact', file(name)],
    );
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/forebay calibrate|cannot be read/);
  }
});
