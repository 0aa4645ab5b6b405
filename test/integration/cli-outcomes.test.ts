/** `forebay outcomes import`, on a real store. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createTenant } from '@forebay/shared/tenants/manage-tenants';
import { afterAll, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { runCommandHere } from '../support/run-command-here.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';
import { tenantNamed, useStore } from '../support/store.ts';

const redis = useRedis();
const folder = makeFolder('outcomes');
afterAll(() => removeFolder(folder));
const acme = tenantNamed('acme');

const outcome = (model: string, score: number): string =>
  `${JSON.stringify({ prompt: 'Translate into French: good morning', model, score })}\n`;

async function setup() {
  const store = await useStore(redis().url);
  await createTenant({ ...store, clock: systemClock }, { id: acme, settings: {} });
  const env = { REDIS_URL: redis().url, FOREBAY_NAMESPACE: store.namespace };
  const run = (...args: readonly string[]) =>
    runCommandHere(['outcomes', 'import', ...args, '--json'], env);
  return { store, run };
}

test('outcomes count once as judgements of a tenant, and so do new lines of a file', async () => {
  const { store, run } = await setup();
  const file = join(folder, 'some.jsonl');
  writeFileSync(file, `\uFEFF${outcome('large', 1)}\r\n\n${outcome('large', 0.5)}`);
  const dry = await run(file, '--tenant', 'acme', '--dry-run');
  expect(JSON.parse(dry.stdout)).toMatchObject({ imported: false, lines: 2 });
  expect(await store.quality.sums(acme)).toEqual([]);

  for (const imported of [true, false]) {
    const { code, stdout, stderr } = await run(file, '--tenant', 'acme');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ imported, lines: 2 });
    const [sum] = await store.quality.sums(acme);
    expect(sum).toMatchObject({ model: 'large', task: 'translation' });
    expect(sum?.count).toBeCloseTo(2, 3);
    expect(sum?.scores).toBeCloseTo(1.5, 3);
  }

  appendFileSync(file, outcome('large', 0));
  const grown = await run(file, '--tenant', 'acme', '--weight', '0.5');
  expect(JSON.parse(grown.stdout)).toMatchObject({ lines: 3, lines_counted_before: 2 });
  const [sum] = await store.quality.sums(acme);
  expect(sum?.count).toBeCloseTo(2.5, 3);
  expect(sum?.scores).toBeCloseTo(1.5, 3);
  const { lines } = await store.audit.listAfter(0, 10);
  const entries = lines.map((line) => JSON.parse(line));
  expect(entries.map((entry) => `${entry.action} ${entry.outcome}`)).toEqual([
    ...['quality.import begun', 'quality.import done'],
    ...['quality.import begun', 'quality.import done'],
  ]);
});

test('what is wrong is named with the remedy, and counts nothing', async () => {
  const { store, run } = await setup();
  const file = join(folder, 'bad.jsonl');
  writeFileSync(file, `${outcome('large', 1)}{"prompt":"p","model":"large","score":80}\n`);
  const bad = await run(file, '--tenant', 'acme');
  expect(bad.code).toBe(2);
  expect(bad.stderr).toMatch(/bad\.jsonl:2: "score": expected a number from 0 to 1.*--skip-bad/s);
  expect(await run(file, '--tenant', 'nobody')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no tenant nobody'),
  });
  for (const weight of ['0', '2', '-1']) {
    expect((await run(file, '--tenant', 'acme', `--weight=${weight}`)).code).toBe(2);
  }
  expect((await run(file)).stderr).toContain('Name the tenant: --tenant NAME.');
  expect(await store.quality.sums(acme)).toEqual([]);
  expect((await run(file, '--tenant', 'acme', '--skip-bad')).code).toBe(0);
  expect(await store.quality.sums(acme)).toHaveLength(1);
});
