// Where the price of a deployment comes from, and what is refused for want of one (F29).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PriceRow } from '../domain/price-row.ts';
import { configChanges } from './config-changes.ts';
import { nanoUsdUp } from './decimal-usd.ts';
import { formatConfigProblem, type LoadConfigResult, loadConfig } from './load-config.ts';
import { listedPrice, listedPrices, priceListVersion } from './price-list.ts';

interface Written {
  /** Lines of the model. */
  readonly model?: string;
  readonly deployment?: string;
  readonly top?: string;
  readonly baseUrl?: string;
  readonly file?: string;
}

function load({ model = '', deployment = '', top = '', baseUrl, file }: Written): LoadConfigResult {
  const text = `providers:
  main: {dialect: openai, base_url: "${baseUrl ?? 'http://10.0.0.1/v1'}"}
models:
  a:
    context_window: 8000
    deployments: [{provider: main${deployment}}]
${model}
${top}
`;
  return loadConfig({
    path: 'forebay.yaml',
    text,
    env: () => undefined,
    readBeside: (name) =>
      file === undefined
        ? { kind: 'unreadable', path: name, why: 'ENOENT' }
        : { kind: 'read', path: name, text: file },
  });
}

function rowOf(written: Written): PriceRow | undefined {
  const result = load(written);
  if (result.kind === 'invalid') throw new Error(result.problems.map(formatConfigProblem).join());
  return result.config.catalog.models.get('a')?.deployments[0]?.price;
}

const problemsOf = (written: Written): readonly string[] => {
  const result = load(written);
  return result.kind === 'invalid' ? result.problems.map(formatConfigProblem) : [];
};

const usd = 1_000_000_000n;

const ownFile = `rows:
  openai/gpt-5: {input: "1", output: "2", source: contract, as_of: 2026-10-01}
  ours/tiny: {input: "0.1", output: "0.2", source: contract}
`;

describe('the price of a deployment', () => {
  test('is filled in where it leaves something out', () => {
    const row = rowOf({ model: '    price: {input: "1", output: "4", source: test}' });
    expect(row).toMatchObject({
      id: expect.stringMatching(/^config\/a@undated\+[0-9a-f]{8}$/),
      input: usd,
      cachedInput: usd,
      cacheWrite: usd,
      output: 4n * usd,
      reasoning: 4n * usd,
      tiers: [],
      perRequest: 0n,
      perImage: 0n,
      asOf: undefined,
    });
  });

  test('may have tiers, images, calls, cache writes and reasoning', () => {
    const row = rowOf({
      model: `    price:
      {input: "1", cached_input: "0.1", cache_write: "1.25", output: "4", reasoning: "5",
       tiers: [{above: 200000, input: "2", output: "6"}],
       per_request: "0.01", per_image: "0.002", source: test, as_of: 2026-11-01}`,
    });
    expect(row).toMatchObject({
      id: expect.stringContaining('config/a@2026-11-01+'),
      cacheWrite: 1_250_000_000n,
      reasoning: 5n * usd,
      perRequest: 10_000_000n,
      perImage: 2_000_000n,
    });
    const tier = { cachedInput: 2n * usd, cacheWrite: 2n * usd, reasoning: 6n * usd };
    expect(row?.tiers).toMatchObject([{ aboveInputTokens: 200_000, ...tier }]);
  });

  test('is a part of itself where the deployment is billed as a batch', () => {
    const model = '    price: {input: "1", output: "4", batch_multiplier: 0.5, source: test}';
    const batch = rowOf({ model, deployment: ', billed_as: batch' });
    expect(batch).toMatchObject({ input: usd / 2n, output: 2n * usd });
    expect(batch?.id).not.toBe(rowOf({ model })?.id);
    expect(
      problemsOf({ model: model.replace(/batch.*0.5, /, ''), deployment: ', billed_as: batch' }),
    ).toEqual([expect.stringContaining('has no batch_multiplier')]);
  });

  test('comes from the list of known services, by the URL of the service', () => {
    const baseUrl = 'https://api.openai.com/v1';
    const row = rowOf({ baseUrl, deployment: ', model: gpt-5-2025-08-07' });
    expect(row).toMatchObject({
      id: expect.stringMatching(/^openai\/gpt-5@2026-09-23\+/),
      input: 1_250_000_000n,
      cachedInput: 125_000_000n,
      output: 10n * usd,
      asOf: '2026-09-23',
    });
    const own = rowOf({
      baseUrl,
      deployment: ', model: gpt-5',
      top: 'prices: p.yaml',
      file: ownFile,
    });
    expect(own).toMatchObject({ source: 'contract', input: usd });
  });

  test('comes from the row that is named, the own file before the list', () => {
    const model = '    price_from: openai/gpt-5';
    expect(rowOf({ model })?.input).toBe(1_250_000_000n);
    expect(rowOf({ model, top: 'prices: p.yaml', file: ownFile })?.input).toBe(usd);
    const deployment = ', price_from: ours/tiny';
    expect(rowOf({ model, deployment, top: 'prices: p.yaml', file: ownFile })).toMatchObject({
      id: expect.stringContaining('ours/tiny@undated+'),
      input: usd / 10n,
    });
  });

  test('is assumed for models without one, if the operator says so', () => {
    const row = rowOf({ top: 'unpriced: {allow_at: openai/gpt-5}' });
    expect(row).toMatchObject({
      id: expect.stringMatching(/^assumed\/openai\/gpt-5@/),
      input: 1_250_000_000n,
      source: expect.stringContaining('assumed'),
    });
  });

  test('may be nothing, if that is said', () => {
    expect(rowOf({ model: '    price: {free: true, source: own machine}' })).toMatchObject({
      input: 0n,
      output: 0n,
    });
  });

  test('has a name that follows its content', () => {
    const idOf = (input: string): string | undefined =>
      rowOf({ model: `    price: {input: "${input}", output: "4", source: test}` })?.id;
    expect(idOf('1')).toBe(idOf('1.0'));
    expect(idOf('1')).not.toBe(idOf('2'));
  });
});

describe('a configuration is refused', () => {
  test.each<[string, Written, RegExp]>([
    ['without a price anywhere', {}, /deployments\[0\]: has no price/],
    [
      'when the bill of a listed model has no bound',
      { baseUrl: 'https://api.openai.com/v1', deployment: ', model: o3-deep-research' },
      /has no price; .* \(it searches as often as it likes; an own price .* per_request\)/,
    ],
    [
      'when a name is that of such a model',
      { model: '    price_from: google/gemini-2.5-flash-image' },
      /has a price for "google.*" \(it answers with images or video; an own price/,
    ],
    ['when a name is not known', { model: '    price_from: openai/gpt-5-min' }, /did you mean/],
    [
      'with two sources of one price',
      { model: '    price_from: openai/gpt-5\n    price: {input: "1", output: "1", source: t}' },
      /not both/,
    ],
    [
      'with a price of zero by accident',
      { model: '    price: {input: 0, output: "0.0", source: t}' },
      /free: true/,
    ],
    [
      'with a free price that is none',
      { model: '    price: {free: true, input: 1, output: 1, source: t}' },
      /free: true/,
    ],
    ['without an input price', { model: '    price: {output: "1", source: t}' }, /US dollars/],
    [
      'with a day that the calendar does not have',
      { model: '    price: {input: 1, output: 1, source: t, as_of: "2026-99-99"}' },
      /as_of: expected a day of the calendar/,
    ],
    [
      'with tiers out of order',
      {
        model: `    price:
      {input: 1, output: 1, source: t, tiers: [{above: 9, input: 1}, {above: 9, input: 2}]}`,
      },
      /smallest first/,
    ],
    [
      'when the file of prices is missing',
      { top: 'prices: p.yaml' },
      /8:9: prices: p\.yaml cannot/,
    ],
    [
      'when the file of prices has a mistake',
      { top: 'prices: p.yaml', file: 'rows:\n  a/b: {inptu: 1, source: t}\n' },
      /p\.yaml:2:9: rows\.a\/b\.inptu: unknown key "inptu" \(did you mean "input"\?\)/,
    ],
    [
      'when what is assumed has no price either',
      { top: 'unpriced: {allow_at: openai/none}' },
      /names "openai\/none"/,
    ],
  ])('%s', (_, written, message) => {
    expect(problemsOf(written).join('\n')).toMatch(message);
  });
});

describe('a changed price', () => {
  test('is told rate by rate, tiers too', () => {
    const at = (rate: string) => {
      const tiers = `[{above: 5, input: "${rate}"}]`;
      const price = `{input: "${rate}", output: "4", source: t, tiers: ${tiers}}`;
      const result = load({ model: `    price: ${price}` });
      if (result.kind === 'invalid') throw new Error('not loaded');
      return result.config;
    };
    const paths = configChanges(at('1'), at('2')).map(({ path }) => path);
    expect(paths).toContain('models.a.deployments.main.price.input');
    expect(paths).toContain('models.a.deployments.main.price.tiers.above 5.input');
  });
});

describe('the list of known services', () => {
  test('is that of the pinned version', () => {
    const workspace = readFileSync(new URL('../../../../pnpm-workspace.yaml', import.meta.url));
    expect(String(workspace)).toContain(`'@pydantic/genai-prices': ${priceListVersion}\n`);
  });

  test('has no price of zero, and none without an input rate', async () => {
    const prices = await listedPrices();
    expect(prices.length).toBeGreaterThan(1_000);
    for (const { name, price } of prices) {
      const amounts = Object.values(price).filter((each) => typeof each === 'bigint');
      expect(price.input, name).toBeDefined();
      expect(
        amounts.some((amount) => amount > 0n),
        name,
      ).toBe(true);
    }
  });

  test('takes tiers as they are, and the dearest hour of the day', () => {
    expect(listedPrice('anthropic', 'claude-sonnet-4-5')?.price).toMatchObject({
      input: 3n * usd,
      cache_write: 3_750_000_000n,
      cached_input: 300_000_000n,
      tiers: [{ above: 200_000, input: 6n * usd, output: 22_500_000_000n }],
    });
    expect(listedPrice('deepseek', 'deepseek-chat')?.price).toMatchObject({
      input: 270_000_000n,
      output: 1_100_000_000n,
    });
  });
});

describe('a model whose bill has no bound', () => {
  test.each([
    ['openai', 'o3-deep-research', /as often as it likes/],
    ['openai', 'gpt-4o-search-preview-2025-03-11', /for every request/],
    // The list takes it for gpt-4o-mini.
    ['openai', 'gpt-4o-mini-search-preview', /for every request/],
    ['perplexity', 'sonar-deep-research', /as often as it likes/],
    ['google', 'gemini-3-pro-image-preview', /with images/],
    ['google', 'gemini-omni-flash-preview', /with images or video/],
    ['openrouter', 'openai/gpt-5-image', /with images/],
  ])('has no listed price: %s %s', (provider, model, why) => {
    expect(listedPrice(provider, model)?.price).toMatch(why);
  });

  test('has one where the list has a price for each call, or the operator', () => {
    const sonar = listedPrice('perplexity', 'sonar')?.price;
    expect(sonar).toMatchObject({ per_request: 12_000_000n });
    const row = '{input: "1", output: "2", per_request: "0.5", source: contract}';
    const own = {
      baseUrl: 'https://api.openai.com/v1',
      top: 'prices: p.yaml',
      file: `rows:\n  openai/o3-deep-research: ${row}\n  openai/gpt-4o-mini-search-preview: ${row}`,
    };
    for (const model of ['o3-deep-research', 'gpt-4o-mini-search-preview']) {
      const found = rowOf({ ...own, deployment: `, model: ${model}` });
      expect(found).toMatchObject({ perRequest: usd / 2n, source: 'contract' });
    }
  });

  test('stands in no list of prices', async () => {
    const names = (await listedPrices()).map(({ name }) => name);
    expect(names.filter((name) => /research(?!\/)|[-/]image|-search/.test(name))).toEqual([]);
  });
});

describe('nanoUsdUp', () => {
  test.each<[unknown, number, bigint | undefined]>([
    [1.25, 0, 1_250_000_000n],
    [1.5e-7, 6, 150_000_000n],
    [0.1, 0, 100_000_000n],
    [1e-10, 0, 1n],
    [0, 6, 0n],
    [12, -3, 12_000_000n],
    [5e-324, 6, undefined],
    [-1, 0, undefined],
    [Number.NaN, 0, undefined],
    [1e30, 0, undefined],
    ['1', 0, undefined],
  ])('%s dollars by 10^%s is %s', (value, shift, nano) => {
    expect(nanoUsdUp(value, shift)).toBe(nano);
  });
});
