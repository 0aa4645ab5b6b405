/**
 * The first model fails; the next in line is dearer than what is left, of the job's ceiling or of a
 * budget: it is passed over for the one behind it, and the job says why.
 */
import { expect, test } from 'vitest';
import { startForebay } from '../support/forebay.ts';
import { createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { testTenant, useStore } from '../support/store.ts';
import { budgetOf } from '../support/terms.ts';

const redis = useRedis();

const model = (name: string, price: string, fallbacks: string): string => `
  ${name}:
    kinds: [chat.completions]
    context_window: 100000
    default_output_tokens: 100
    max_output_tokens: 4000
    price: { input: "0", output: "${price}", source: simulator }
    fallbacks: [${fallbacks}]
    deployments:
      - { name: main, provider: sim, model: ${name}, concurrency: 4 }`;

/** A job of 100 output tokens costs 0.0004 USD at worst, at the dear model 0.04 USD. */
const config = `
providers:
  sim: { dialect: openai, base_url: SIMULATOR/v1, api_key_env: PROVIDER_KEY }
models:${model('first', '4', 'dear, last')}${model('dear', '400', '')}${model('last', '4', '')}
`;

const priceOf = (usd: string): string => `
    price:
      input_per_million_usd: "0"
      cached_input_per_million_usd: "0"
      output_per_million_usd: "${usd}"`;

const scenario = `
models:
  first:${priceOf('4')}
  dear:${priceOf('400')}
  last:${priceOf('4')}
`;

interface Shown {
  readonly model: string;
  readonly status: string;
  readonly route: {
    readonly exclusions: readonly { model: string; code: string; reason: string }[];
  };
  readonly attempts: readonly { readonly model: string }[];
}

test('a dearer fallback that does not fit is passed over for the next one', async () => {
  const forebay = await startForebay({ redisUrl: redis().url, config, scenario });
  const { url } = await forebay.startApi();
  await forebay.startWorker('w1');
  const store = await useStore(redis().url, { namespace: forebay.namespace });
  const api = createApiClient({ url, key: forebay.apiKey });

  async function run(ceiling: string): Promise<Shown> {
    const content = '[[sim:server_error status=503 model=first]] where to?';
    const { id } = await api.submit({
      kind: 'chat.completions',
      model: 'first',
      body: { messages: [{ role: 'user', content }], max_tokens: 100 },
      max_cost_usd: ceiling,
    });
    // The API's own tests prove the shape of a job.
    return (await api.readEnded(id)).raw as unknown as Shown;
  }

  const ofCeiling = await run('0.01');
  expect(ofCeiling).toMatchObject({ status: 'succeeded', model: 'last' });
  expect(ofCeiling.attempts.map(({ model }) => model)).toEqual(['first', 'last']);
  const tooDear = ofCeiling.route.exclusions.find(({ model }) => model === 'dear');
  expect(tooDear).toMatchObject({ code: 'over_ceiling' });
  expect(tooDear?.reason).toContain('0.04 USD');

  const budgets = [budgetOf(10_000_000n)];
  await store.terms.edit(testTenant, (terms) => ({ ...terms, budgets }));
  const ofBudget = await run('1');
  expect(ofBudget).toMatchObject({ status: 'succeeded', model: 'last' });
  expect(ofBudget.attempts.map(({ model }) => model)).toEqual(['first', 'last']);
  const beyond = ofBudget.route.exclusions.find(({ model }) => model === 'dear');
  expect(beyond).toMatchObject({ code: 'over_budget' });
  expect(beyond?.reason).toContain('0.04 USD');
}, 60_000);
