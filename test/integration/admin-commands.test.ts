import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newAuditId } from '@forebay/shared/domain/audit-line';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { runCli } from '../support/run-cli.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';
import { type TestStore, useStore } from '../support/store.ts';

const redis = useRedis();

/** A store of its own, and the command line on it. */
async function setup() {
  const store = await useStore(redis().url);
  const env = { REDIS_URL: redis().url, FOREBAY_NAMESPACE: store.namespace };
  return { store, forebay: (...args: string[]) => runCli(args, { env }) };
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
    writeFileSync(file, `${lines.join('\n')}\n`);
    expect((await forebay('audit', 'verify', file)).code).toBe(0);
    writeFileSync(file, lines.join('\n').replace('tenant:t3', 'tenant:t9'));
    const edited = await forebay('audit', 'verify', file, '--json');
    expect(edited.code).toBe(1);
    expect(JSON.parse(edited.stdout)).toMatchObject({ kind: 'broken', line: 3 });
    await store.client.xdel(store.keys.audit, '4-0');
    expect((await forebay('audit', 'verify')).code).toBe(0);
    const head = /head (\w+)/.exec(intact.stdout)?.[1] ?? '';
    const cut = await forebay('audit', 'verify', '--head', head);
    expect([cut.code, cut.stdout]).toEqual([1, expect.stringContaining('cut short')]);
  });

  test('says what is wrong with its use', async () => {
    const { forebay } = await setup();
    const missing = await forebay('audit', 'verify', '/no/such/file');
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('cannot be read')]);
    expect((await forebay('audit', 'verify', '--head', 'x')).code).toBe(2);
    expect((await forebay('audit', 'list', '--limit', '0')).code).toBe(2);
  });
});
