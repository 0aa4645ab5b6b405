import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTourFile } from '@forebay/cli/tour/tour-file';
import { loadConfig } from '@forebay/shared/config/load-config';
import { parseScenarioText } from '@forebay/simulator/scenario/parse-scenario';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/processes.ts';

const example = (name: string): string => join(repositoryRoot, 'examples', name);

function loadTourConfig() {
  const path = example('tour.config.yaml');
  const result = loadConfig({
    path,
    text: readFileSync(path, 'utf8'),
    env: () => 'http://127.0.0.1:4010',
  });
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  return result.config;
}

function loadTourScenario() {
  return parseScenarioText(readFileSync(example('tour.scenario.yaml'), 'utf8'));
}

describe('the files of the tour', () => {
  test('hold at least 60 jobs with different names over several tasks and priorities', () => {
    const lines = readTourFile(example('tour.jsonl'), { FOREBAY_SINK_URL: 'http://127.0.0.1:1' });

    expect(lines.length).toBeGreaterThanOrEqual(60);
    expect(new Set(lines.map((line) => line.name)).size).toBe(lines.length);
    expect(new Set(lines.map((line) => line.task)).size).toBeGreaterThanOrEqual(8);
    expect(new Set(lines.map((line) => line.job['priority'])).size).toBeGreaterThanOrEqual(8);
    expect(JSON.stringify(lines)).not.toContain('${');
  });

  test('name only models and routes of the configuration, except where refusal is expected', () => {
    const { catalog } = loadTourConfig();
    const known = new Set([...catalog.models.keys(), ...catalog.routes.keys()]);
    const lines = readTourFile(example('tour.jsonl'), {});

    for (const { job, expect: wanted, name } of lines) {
      if (wanted.code === 'unknown_model') continue;
      const named = Array.isArray(job['models']) ? job['models'] : [job['model']];
      for (const model of named) expect(known, name).toContain(model);
    }
  });

  test('give the configuration and the simulated provider the same prices', () => {
    const { catalog } = loadTourConfig();
    const scenario = loadTourScenario();

    expect([...scenario.models.keys()].sort()).toEqual([...catalog.models.keys()].sort());
    for (const [name, model] of catalog.models) {
      const [deployment] = model.deployments;
      expect(scenario.models.get(name)?.price, name).toEqual({
        inputPerMillionNanoUsd: deployment?.price.input,
        cachedInputPerMillionNanoUsd: deployment?.price.cachedInput,
        outputPerMillionNanoUsd: deployment?.price.output,
      });
    }
  });
});
