// Reloading in one process; that jobs live through it is shown in test/integration.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder, removeFolder } from '../../../../test/support/scratch-folder.ts';
import { waitUntil } from '../../../../test/support/wait-until.ts';
import type { ReloadOutcome } from '../domain/config-change.ts';
import { systemClock } from '../runtime/clock.ts';
import { createConfigReloader } from './config-reloader.ts';
import { createLiveConfig } from './live-config.ts';
import { loadConfig } from './load-config.ts';
import { readerBeside } from './read-beside.ts';

const text = `providers: {p: {dialect: openai, base_url: "http://127.0.0.1:9/v1"}}
prices: prices.yaml
models: {m: {context_window: 9000, price_from: ours/m, deployments: [{provider: p}]}}
`;

const rowsWith = (input: string): string =>
  `rows: {ours/m: {input: ${input}, output: 2, source: contract}}\n`;

test('a changed file of prices is noticed, and a mistake in it changes nothing', async () => {
  const folder = makeFolder('reload');
  onTestFinished(() => removeFolder(folder));
  const [path, prices] = [join(folder, 'forebay.yaml'), join(folder, 'prices.yaml')];
  writeFileSync(path, text);
  writeFileSync(prices, rowsWith('1'));
  const env = (): undefined => undefined;
  const loaded = loadConfig({ path, text, env, readBeside: readerBeside(path) });
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  const config = createLiveConfig(loaded.config, 0);
  const outcomes: ReloadOutcome[] = [];
  const reloader = createConfigReloader({
    ...{ path, env, config, clock: systemClock },
    onOutcome: (outcome) => outcomes.push(outcome),
    onError: (error) => {
      throw error;
    },
  });
  onTestFinished(() => reloader.stop());
  reloader.start();
  const priceOf = () => config.catalog.models.get('m')?.deployments[0]?.price;

  writeFileSync(prices, rowsWith('1.5'));
  await waitUntil(() => priceOf()?.input === 1_500_000_000n, { what: 'the new price' });
  expect(outcomes).toMatchObject([{ kind: 'applied' }]);

  writeFileSync(prices, rowsWith('-1'));
  await waitUntil(() => outcomes.length > 1, { what: 'the mistake to be told' });
  expect(outcomes[1]).toMatchObject({
    kind: 'refused',
    problems: [expect.stringMatching(/prices\.yaml:1:\d+: rows\.ours\/m\.input: expected/)],
  });
  expect(priceOf()?.input).toBe(1_500_000_000n);
});
