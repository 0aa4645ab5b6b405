/** Orders and shares of plans, on the planner alone. */
import type { Model } from '@forebay/shared/domain/model-catalog';
import { planSeed } from '@forebay/shared/routing/plan-seed';
import { names, plan, routed } from '../../support/plan-scene.ts';
import { sampleDeployment, sampleModel, samplePriceRow } from '../../support/sample-catalog.ts';
import type { Figures } from './figures.ts';

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

export function countPicks(): Figures {
  const catalog = routed('weighted', models, { shares: Object.values(shares) });
  const counts = new Map<string, number>();
  for (let n = 0; n < picks; n += 1) {
    const [first = ''] = names(plan({ catalog, seed: planSeed(`job-${n}`) }));
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const rows = Object.entries(shares).map(([name, share]) => {
    const wanted = share / total;
    return { name, wanted, got: (counts.get(name) ?? 0) / picks };
  });
  const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;
  const lines = rows.map(
    ({ name, wanted, got }) => `| ${name} | ${percent(wanted)} | ${percent(got)} |`,
  );
  return {
    title: 'Weights',
    kept: rows.every(({ wanted, got }) => Math.abs(got - wanted) <= promisedShare),
    text: `First places of ${picks} jobs on a \`weighted\` route. Promised: within
${percent(promisedShare)}.

| Model | Weight | First |
|---|---|---|
${lines.join('\n')}`,
  };
}
