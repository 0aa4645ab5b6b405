/** The order of plans, and the shares of jobs that run. */
import type { Model } from '@forebay/shared/domain/model-catalog';
import { systemClock } from '@forebay/shared/runtime/clock';
import { sendBulk } from '../../support/bulk-client.ts';
import { ndjson } from '../../support/bulk-jobs.ts';
import { names, plan, routed } from '../../support/plan-scene.ts';
import { sampleDeployment, sampleModel, samplePriceRow } from '../../support/sample-catalog.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { Figures } from './figures.ts';
import { onStage, type Stage } from './stage.ts';

const picks = 10_000;
const promisedShare = 0.02;
const shares = { large: 6, medium: 3, small: 1 };

/** The dearest first. */
const models: readonly Model[] = Object.keys(shares).map((name, index) => {
  const price = samplePriceRow({ input: 10n ** 9n, output: 10n ** BigInt(11 - index) });
  return sampleModel(name, { deployments: [sampleDeployment({ id: `${name}/main`, price })] });
});

export function checkPriceOrder(): Figures {
  const order = names(plan({ catalog: routed('cheapest', models) })).join(', ');
  return {
    title: 'The order by price',
    kept: order === 'small, medium, large',
    text: `Three models at 1, 10 and 100 USD for a million output tokens, on a route that goes by
\`cheapest\`, the dearest named first: ${order}.`,
  };
}

/** Jobs that really run, through the pools of two workers, counted where their calls arrive. */
export async function countPicks(): Promise<Figures> {
  const [counts, seconds] = await onStage(
    { config, scenario: '{default: {latency_ms: 0}}' },
    runAll,
  );
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const rows = Object.entries(shares).map(([name, share]) => {
    const wanted = share / total;
    return { name, wanted, got: (counts.get(name) ?? 0) / picks };
  });
  const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;
  const lines = rows.map(
    ({ name, wanted, got }) => `| ${name} | ${percent(wanted)} | ${percent(got)} |`,
  );
  const called = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return {
    title: 'Weights',
    kept:
      called === picks && rows.every(({ wanted, got }) => Math.abs(got - wanted) <= promisedShare),
    text: `${picks} jobs on a \`weighted\` route, run in ${seconds.toFixed(0)} s and counted where
their ${called} calls arrived. Promised: within ${percent(promisedShare)}.

| Model | Weight | Calls |
|---|---|---|
${lines.join('\n')}`,
  };
}

const config = `
providers:
  sim: { dialect: openai, base_url: SIMULATOR/v1 }
models:
${Object.keys(shares)
  .map(
    (name) => `
  ${name}:
    context_window: 100000
    default_output_tokens: 20
    price: { input: "1", output: "4", source: simulator }
    deployments: [{ provider: sim, concurrency: 64 }]
`,
  )
  .join('')}
routes:
  auto:
    strategy: weighted
    targets:
${Object.entries(shares)
  .map(([model, weight]) => `      - { model: ${model}, weight: ${weight} }`)
  .join('\n')}
`;

/** @returns the calls of each model, and how long all of them took. */
async function runAll(stage: Stage): Promise<readonly [ReadonlyMap<string, number>, number]> {
  const { target } = await stage.startApi();
  for (const name of ['w1', 'w2']) await stage.startWorker(name);
  const startedMs = systemClock.monotonicMs();
  const lines = Array.from({ length: picks }, (_, n) => ({
    ...{ kind: 'chat.completions', model: 'auto', max_cost_usd: '0.01' },
    body: { messages: [{ role: 'user', content: `Say row-${n}.` }], max_tokens: 20 },
  }));
  await sendBulk(target, ndjson(lines));
  const calls = () => stage.simulator.calls();
  await waitUntil(() => calls().length >= picks, { what: 'all calls', timeoutMs: 180_000 });
  const counts = new Map<string, number>();
  for (const { model } of calls()) {
    if (model !== null) counts.set(model, (counts.get(model) ?? 0) + 1);
  }
  return [counts, (systemClock.monotonicMs() - startedMs) / 1_000];
}
