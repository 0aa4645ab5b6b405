import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLiveConfig } from '@forebay/shared/config/live-config';
import { type ForebayConfig, loadConfig } from '@forebay/shared/config/load-config';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { RequestFeatures } from '@forebay/shared/domain/route-plan';
import { OutcomeCollector } from '@forebay/shared/learning/collect-outcomes';
import { allRows } from '@forebay/shared/learning/outcome-table';
import { writePredictor } from '@forebay/shared/learning/predictor-file';
import { trainPredictor } from '@forebay/shared/learning/train-predictor';
import { afterAll, describe, expect, test } from 'vitest';
import { describeTask } from './describe-task.ts';
import { createQualityPredictor } from './quality-predictor.ts';

const folder = mkdtempSync(join(tmpdir(), 'forebay-predictor-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Model `cats` is right about cats, `dogs` about dogs, `gone` is not configured. */
function trainedBytes(): Buffer {
  const collector = new OutcomeCollector();
  for (let number = 0; number < 80; number += 1) {
    const animal = number % 2 === 0 ? 'cat' : 'dog';
    const prompt = `Describe the ${animal} of house ${number}`;
    for (const model of ['cats', 'dogs', 'gone']) {
      const score = model === `${animal}s` ? 1 : 0;
      collector.add(JSON.stringify({ prompt, model, score }));
    }
  }
  const table = collector.table();
  const { predictor } = trainPredictor(table, allRows(table), { seed: 1 });
  const facts = { trainedAt: '', seed: 1, rows: 240, prompts: 80, compared: [] };
  return writePredictor({ facts, predictor, promptHashes: [] });
}

function configWith(artefact: string): ForebayConfig {
  const model = `{ context_window: 9000, price: { input: "1", output: "1", source: test },
    deployments: [{ provider: p }] }`;
  const loaded = loadConfig({
    path: join(folder, 'forebay.yaml'),
    text: `providers: { p: { dialect: openai, base_url: "http://127.0.0.1:9/v1" } }
models: { cats: ${model}, dogs: ${model} }
${artefact === '' ? '' : `learning: { artefact: ${artefact} }`}`,
    env: () => undefined,
  });
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

async function setup(artefact: string) {
  const config = createLiveConfig(configWith(artefact), 0);
  const told: string[] = [];
  const predictor = createQualityPredictor({
    config,
    configPath: join(folder, 'forebay.yaml'),
    events: { emit: (name) => void told.push(name) },
  });
  predictor.start();
  await predictor.reload();
  const qualityOf = (content: string) =>
    describeTask({ tasks: () => config.tasks, predictor }, requestOf(content)).predictedQuality;
  return { config, told, predictor, qualityOf };
}

function requestOf(content: string) {
  const body: JsonObject = { messages: [{ role: 'user', content }] };
  const features: RequestFeatures = {
    kind: 'chat.completions',
    inputTokensBound: 10,
    inputTokensEstimate: 10,
    imageCount: 0,
    outputTokensRequested: undefined,
    choices: 1,
    needs: [],
  };
  return { kind: 'chat.completions', body, features } as const;
}

describe('the trained predictor that the configuration names', () => {
  writeFileSync(join(folder, 'good.predictor'), trainedBytes());
  writeFileSync(join(folder, 'bad.predictor'), 'no predictor');

  test('says of a new prompt how good each configured model would be', async () => {
    const { qualityOf, told } = await setup('good.predictor');
    const quality = qualityOf('Describe the cat of house 999') ?? {};
    expect(Object.keys(quality).sort()).toEqual(['cats', 'dogs']);
    expect(quality['cats']).toBeGreaterThan((quality['dogs'] ?? 1) + 0.3);
    expect(told).toEqual(['predictor.loaded']);
  });

  test('says nothing of prompts that are unlike all it knows', async () => {
    const { qualityOf } = await setup('good.predictor');
    expect(qualityOf('完全不同的内容')).toBeUndefined();
  });

  test('stays when another file turns out to be none, and goes when none is named', async () => {
    const { config, told, predictor, qualityOf } = await setup('good.predictor');
    config.swap(configWith('bad.predictor'), 1);
    await predictor.stop();
    expect(told).toEqual(['predictor.loaded', 'predictor.refused']);
    expect(qualityOf('Describe the dog of house 999')).toBeDefined();
    config.swap(configWith(''), 2);
    await predictor.reload();
    expect(qualityOf('Describe the dog of house 999')).toBeUndefined();
  });

  test('is not needed: without it the task alone is told', async () => {
    const { qualityOf, predictor, told } = await setup('missing.predictor');
    expect(predictor.isReady).toBe(false);
    expect(qualityOf('Describe the cat of house 1')).toBeUndefined();
    expect(told).toEqual(['predictor.refused']);
  });
});
