import { describe, expect, test } from 'vitest';
import { configChanges } from './config-changes.ts';
import { createLiveConfig } from './live-config.ts';
import { type ForebayConfig, loadConfig } from './load-config.ts';

const text = `
providers:
  sim: { dialect: openai, base_url: "http://10.0.0.1/v1", headers: { x-team: canary-before } }
models:
  alpha:
    context_window: 1000
    price: { input: "1", output: "4", source: test }
    deployments: [{ name: main, provider: sim, concurrency: 20 }]
  beta:
    context_window: 1000
    price: { input: "1", output: "4", source: test }
    deployments: [{ name: main, provider: sim }]
routes:
  auto: { strategy: cheapest, targets: [alpha, beta] }
`;

function load(from: string): ForebayConfig {
  const loaded = loadConfig({ path: 'test.yaml', text: from, env: () => undefined });
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

const changed = (...edits: readonly (readonly [from: string, to: string])[]): ForebayConfig =>
  load(edits.reduce((result, [from, to]) => result.replace(from, to), text));

describe('the difference between two configurations', () => {
  test('is nothing, and the version the same, when only comments and order differ', () => {
    const same = load(`# a comment\n${text}`);
    expect(configChanges(load(text), same)).toEqual([]);
    expect(same.version).toBe(load(text).version);
  });

  test('names limits with both values', () => {
    const next = changed(['concurrency: 20', 'concurrency: 4, rpm: 60']);
    expect(configChanges(load(text), next)).toEqual([
      {
        path: 'models.alpha.deployments.main.concurrency',
        change: 'changed',
        from: '20',
        to: '4',
      },
      { path: 'models.alpha.deployments.main.rpmBurst', change: 'changed', from: '20', to: '4' },
      { path: 'models.alpha.deployments.main.rpm', change: 'added', from: undefined, to: '60' },
    ]);
    expect(next.version).not.toBe(load(text).version);
  });

  test('names a model that came or went once, and the routes that follow', () => {
    const next = changed(['  beta:', '  gamma:'], ['targets: [alpha, beta]', 'targets: [alpha]']);
    const changes = configChanges(load(text), next);
    const inWords = changes.map(({ path, change }) => `${change} ${path}`);
    expect(inWords).toEqual([
      'removed models.beta',
      'changed routes.auto.targets',
      'added models.gamma',
    ]);
  });

  test('does not take a name with a dot for something inside of another one', () => {
    const dotted = (from: string): string => from.replaceAll('beta', 'alpha.1');
    const before = load(dotted(text).replace('  alpha:', '  gamma:').replace('[alpha,', '[gamma,'));
    const after = load(
      dotted(text).replace(/(alpha\.1:\n {4}context_window: )1000/, '$1' + '2000'),
    );
    const inWords = configChanges(before, after).map(({ path, change }) => `${change} ${path}`);
    expect(inWords).toContain('added models.alpha');
    expect(inWords).toContain('changed models.alpha.1.contextWindowTokens');
  });

  test('says of addresses and headers only that they changed', () => {
    const next = changed(
      ['http://10.0.0.1/v1', 'http://10.0.0.2/canary'],
      ['canary-before', 'canary-after'],
    );
    const changes = configChanges(load(text), next);
    expect(changes.map(({ path }) => path)).toEqual([
      'providers.sim.baseUrl',
      'providers.sim.headers.x-team',
    ]);
    expect(JSON.stringify(changes)).not.toContain('canary');
  });

  test('shows defaults, which belong to no model', () => {
    const next = load(`${text}\ndefaults: { risk_retries: 3 }\n`);
    expect(configChanges(load(text), next)).toEqual([
      { path: 'defaults.riskRetries', change: 'changed', from: '1', to: '3' },
    ]);
    expect(next.version).not.toBe(load(text).version);
  });
});

describe('a live configuration', () => {
  test('shows the newest values, and a catalogue that was taken out stays whole', () => {
    const live = createLiveConfig(load(text), 1);
    const { catalog } = live;
    let told = 0;
    live.onSwap(() => {
      told += 1;
    });
    live.swap(changed(['  beta:', '  gamma:'], ['alpha, beta]', 'alpha]']), 2);
    expect([...live.catalog.models.keys()]).toEqual(['alpha', 'gamma']);
    expect([...catalog.models.keys()]).toEqual(['alpha', 'beta']);
    expect([live.loadedAtMs, told]).toEqual([2, 1]);
  });

  test('remembers models that were removed until they come back', () => {
    const live = createLiveConfig(load(text), 1);
    const without = changed(['  beta:', '  gamma:'], ['alpha, beta]', 'alpha]']);
    live.swap(without, 2);
    expect([...live.removedModels]).toEqual(['beta']);
    live.swap(without, 3);
    expect([...live.removedModels]).toEqual(['beta']);
    live.swap(load(text), 4);
    expect([...live.removedModels]).toEqual(['gamma']);
  });
});
