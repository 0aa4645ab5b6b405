/** Planning one job on a route of twenty models, all measured and all able to take it. */
import { loadConfig } from '@forebay/shared/config/load-config';
import type { ModelLive } from '@forebay/shared/domain/route-plan';
import { noHistory, type PlanInput } from '@forebay/shared/routing/plan-input';
import { planRoute } from '@forebay/shared/routing/plan-route';

const names = Array.from({ length: 20 }, (_, index) => `model-${index}`);

const modelText = (name: string, index: number): string => `  ${name}:
    context_window: 100000
    quality: {default: ${0.5 + index / 50}, code: ${0.9 - index / 50}}
    price: {input: "${index + 1}.15", output: "${2 * index + 1}.60", source: bench}
    deployments: [{provider: main}, {provider: other}]
`;

const configText = `providers:
  main: {dialect: openai, base_url: https://main.example/v1}
  other: {dialect: openai, base_url: https://other.example/v1}
models:
${names.map(modelText).join('')}
routes: {auto: {targets: [${names.join(', ')}]}}
`;

const nowMs = 1_000_000;

/** @returns plans the same job again with each call. */
export function planTwenty(): () => void {
  const loaded = loadConfig({ path: 'bench.yaml', text: configText, env: () => undefined });
  if (loaded.kind === 'invalid') throw new Error('the configuration of the bench does not load');
  const input: PlanInput = {
    catalog: loaded.config.catalog,
    request: {
      requested: 'auto',
      models: [],
      features: {
        kind: 'chat.completions',
        inputTokensBound: 4_000,
        inputTokensEstimate: 1_000,
        imageCount: 0,
        outputTokensRequested: undefined,
        choices: 1,
        needs: [],
        content: 'prose',
        task: { class: 'code', complexity: 'medium', confidence: 0.8, signals: [] },
      },
    },
    live: { takenAtMs: nowMs, models: new Map(names.map(liveEntry)) },
    limits: {
      ceilingLeftNanoUsd: 10n ** 12n,
      deadlineAtMs: nowMs + 600_000,
      nowMs,
      attemptsPerModelMax: 2,
    },
    history: noHistory,
    seed: 7,
  };
  const { candidates } = planRoute(input);
  if (candidates.length !== names.length) throw new Error('a model of the bench is left out');
  return () => void planRoute(input);
}

function liveEntry(name: string, index: number): readonly [string, ModelLive] {
  const usualMs = 1_000 + 50 * index;
  return [
    name,
    {
      serviceMs: usualMs,
      waiting: index,
      running: index % 5,
      concurrency: 8,
      poolAlive: true,
      pausedUntilMs: 0,
      stopped: false,
      tokenFactors: { prose: 1 + index / 100 },
      latency: {
        samples: 200,
        totalMs: { p50: usualMs, p90: 2 * usualMs, p99: 4 * usualMs },
      },
    },
  ];
}
