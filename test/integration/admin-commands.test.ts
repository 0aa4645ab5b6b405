import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { newAuditId } from '@forebay/shared/domain/audit-line';
import { newBudgetId } from '@forebay/shared/domain/budget';
import { tenantWithoutRecord } from '@forebay/shared/domain/tenant';
import { describe, expect, onTestFinished, test } from 'vitest';
import { quickBreaker } from '../conformance/lane-calls.ts';
import { textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { runCommandHere } from '../support/run-command-here.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';
import { deploymentOf, type TestStore, tenantNamed, useStore } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();

/** A store of its own, and the command line on it. */
async function setup(more: Readonly<Record<string, string>> = {}) {
  const store = await useStore(redis().url);
  const env = { REDIS_URL: redis().url, FOREBAY_NAMESPACE: store.namespace, ...more };
  return { store, forebay: (...args: string[]) => runCommandHere(args, env) };
}

async function writeLines({ audit }: TestStore, count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1) {
    await audit.append({
      ...{ id: newAuditId(), actor: 'key:a', action: 'budget.create', target: `tenant:t${n}` },
      ...{ outcome: 'done', error: undefined, before: undefined, after: undefined },
      requestId: undefined,
    });
  }
}

describe('forebay audit', () => {
  test('lists the newest lines for people and as JSON', async () => {
    const { store, forebay } = await setup();
    await writeLines(store, 3);
    const shown = await forebay('audit', 'list', '--limit', '2');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/3 .*key:a .*budget\.create .*tenant:t3 .*done\n.*2 /);
    const json = await forebay('audit', 'list', '--json');
    const lines = json.stdout.trim().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line).number)).toEqual([3, 2, 1]);
  });

  test('verifies the log in the store and an exported file, and names a broken line', async () => {
    const { store, forebay } = await setup();
    await writeLines(store, 4);
    const intact = await forebay('audit', 'verify');
    expect([intact.code, intact.stdout]).toEqual([
      0,
      expect.stringMatching(/^the audit log: intact, 4 lines, head [0-9a-f]{64}\n$/),
    ]);
    const folder = makeFolder('audit');
    onTestFinished(() => removeFolder(folder));
    const { lines } = await store.audit.listAfter(0, 10);
    const file = join(folder, 'audit.jsonl');
    writeFileSync(file, lines.join('\n').replace('tenant:t3', 'tenant:t9'));
    const edited = await forebay('audit', 'verify', file, '--json');
    expect(edited.code).toBe(1);
    expect(JSON.parse(edited.stdout)).toMatchObject({ kind: 'broken', line: 3 });
    await store.client.xdel(store.keys.audit, '4-0');
    const head = /head (\w+)/.exec(intact.stdout)?.[1] ?? '';
    const cut = await forebay('audit', 'verify', '--head', head);
    expect([cut.code, cut.stdout]).toEqual([1, expect.stringContaining('cut short')]);
  });

  test('says what is wrong with its use', async () => {
    const { forebay } = await setup();
    const missing = await forebay('audit', 'verify', '/no/such/file');
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('cannot be read')]);
    expect((await forebay('audit', 'list', '--limit', '0')).code).toBe(2);
  });
});

describe('forebay budgets', () => {
  test('makes, shows, changes and removes budgets, and the audit log has each', async () => {
    const { store, forebay } = await setup();
    const acme = ['--tenant', 'acme'];
    await store.tenants.write({ ...tenantWithoutRecord(tenantNamed('acme')), version: 1 });
    const create = ['budgets', 'create', ...acme, '--limit', '10.5', '--period'];
    const made = await forebay(...create, 'month', '--time-zone', 'Europe/Rome', '--json');
    expect(made.code, made.stderr).toBe(0);
    const budget: unknown = JSON.parse(made.stdout);
    expect(budget).toMatchObject({ limit_usd: '10.5', left_usd: '10.5', period: 'month' });
    const id = textMember(budget, 'id');
    const changed = await forebay('budgets', 'update', id, ...acme, '--when-short', 'wait');
    expect(changed.stdout).toMatch(/month Europe\/Rome .*10\.5 .*wait/);
    expect((await forebay('budgets', 'list', ...acme)).stdout).toContain(id);
    expect((await forebay('budgets', 'remove', id, ...acme)).code).toBe(0);
    expect((await forebay('budgets', 'show', id, ...acme)).code).toBe(1);
    expect((await store.terms.read(tenantNamed('acme'))).budgets).toEqual([]);
    const { lines } = await store.audit.listAfter(0, 10);
    const ended = lines.map((line): unknown => JSON.parse(line)).filter((_, n) => n % 2 === 1);
    const target = `tenant:acme/budget:${id}`;
    const actor = `cli:${userInfo().username}`;
    expect(ended).toMatchObject([
      { action: 'budget.create', outcome: 'done', target, actor, before: null },
      { action: 'budget.change', outcome: 'done', target, actor },
      { action: 'budget.remove', outcome: 'done', target, actor, after: null },
    ]);
  });

  test('are not made for, and not listed of, a tenant that is not there', async () => {
    const { store, forebay } = await setup();
    const acmee = ['--tenant', 'acmee'];
    const made = await forebay('budgets', 'create', ...acmee, '--limit', '1', '--period', 'day');
    expect(made).toMatchObject({ code: 1, stdout: '' });
    expect(made.stderr).toContain('There is no tenant acmee');
    expect((await store.terms.read(tenantNamed('acmee'))).budgets).toEqual([]);
    for (const noun of ['budgets', 'keys']) {
      expect((await forebay(noun, 'list', ...acmee)).code).toBe(1);
    }
  });

  test.each([
    [['create', '--limit', '1', '--period', 'day'], /--tenant/],
    [['update', newBudgetId(), '--tenant', 'a'], /--limit/],
    [['create', '--tenant', 'a', '--limit', '1', '--period', 'total', '--rolling'], /--rolling/],
  ])('says what is wrong with %j', async (args, message) => {
    const { store, forebay } = await setup();
    const run = await forebay('budgets', ...args);
    expect([run.code, run.stderr]).toEqual([2, expect.stringMatching(message)]);
    expect((await store.audit.listAfter(0, 1)).lines).toEqual([]);
  });
});

describe('forebay pause, drain and resume', () => {
  test('hold models of the configuration and tenants that there are', async () => {
    const folder = makeFolder('hold');
    onTestFinished(() => removeFolder(folder));
    const file = join(folder, 'forebay.yaml');
    writeFileSync(file, twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9'));
    const { store, forebay } = await setup({ FOREBAY_CONFIG: file });
    const holdOf = async () => (await store.lanes.live('alpha', [])).held;
    expect((await forebay('drain', '--model', 'alpha')).stdout).toBe('alpha: draining\n');
    expect(await holdOf()).toBe('draining');
    expect((await forebay('resume', '--model', 'alpha')).stdout).toBe('alpha: open\n');
    expect(await holdOf()).toBeUndefined();
    expect((await forebay('pause', '--model', 'gamma')).stderr).toContain('alpha, beta');
    expect((await forebay('pause', '--tenant', 'acme')).code).toBe(1);
    const acme = tenantNamed('acme');
    await store.tenants.write({ ...tenantWithoutRecord(acme), version: 1 });
    const paused = await forebay('pause', '--tenant', 'acme');
    expect(paused.stdout).toBe('acme: active, paused\n');
    expect((await store.terms.read(acme)).paused).toBe(true);
    expect((await forebay('drain', '--tenant', 'acme')).stdout).toBe('acme: suspended\n');
    expect((await store.terms.read(acme)).paused).toBe(false);
  });

  test('and a breaker, by the id of its deployment', async () => {
    const folder = makeFolder('hold');
    onTestFinished(() => removeFolder(folder));
    const file = join(folder, 'forebay.yaml');
    writeFileSync(file, twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9'));
    const { store, forebay } = await setup({ FOREBAY_CONFIG: file });
    const main = deploymentOf('alpha', { breaker: quickBreaker });
    const live = async () => (await store.lanes.live('alpha', [main])).deployments?.[0];
    const run = await forebay('breaker', 'alpha/main', 'open', '--for', '2h', '--why', 'it moves');
    expect([run.code, run.stdout]).toEqual([0, 'alpha/main: open\n']);
    expect(await live()).toMatchObject({
      ...{ breaker: 'open', breakerReason: 'operator', breakerWhy: 'it moves' },
      breakerBy: `cli:${userInfo().username}`,
    });
    expect((await forebay('breaker', 'alpha/main', 'closed')).code).toBe(0);
    expect(await live()).toMatchObject({ breaker: 'closed' });
    const wrong = [
      ['gamma/main', 'open'],
      ['alpha/main', 'ajar'],
      ['alpha/main', 'open', '--for', '31d'],
    ];
    for (const args of wrong) expect((await forebay('breaker', ...args)).code).toBe(2);
    const { lines } = await store.audit.listAfter(0, 10);
    expect(lines).toHaveLength(4);
  });
});

test('commands about tenants and keys leave their lines in the audit log', async () => {
  const { store, forebay } = await setup({ FOREBAY_KEY_PEPPER: 'p'.repeat(32) });
  expect((await forebay('tenants', 'create', 'acme')).code).toBe(0);
  const made = await forebay('keys', 'create', '--tenant', 'acme', '--json');
  const id = textMember(JSON.parse(made.stdout), 'id');
  expect((await forebay('keys', 'update', id, '--label', 'x')).code).toBe(0);
  expect((await forebay('tenants', 'suspend', 'nobody')).code).toBe(1);
  const { lines } = await store.audit.listAfter(0, 20);
  const ends = lines.map((line): unknown => JSON.parse(line)).filter((_, n) => n % 2 === 1);
  const told = ends.map((line) => `${textMember(line, 'action')} ${textMember(line, 'target')}`);
  expect(told).toEqual([
    'tenant.create tenant:acme',
    `key.create tenant:acme/key:${id}`,
    `key.change tenant:acme/key:${id}`,
    'tenant.suspend tenant:nobody',
  ]);
  expect(ends.at(-1)).toMatchObject({ outcome: 'failed', error: 'not_found' });
  expect(lines.join()).not.toContain(textMember(JSON.parse(made.stdout), 'key'));
});
