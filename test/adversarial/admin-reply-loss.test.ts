/**
 * Replies of the scripts behind the operators' API get lost, and the client sends the calls again.
 * What was done must be done once.
 */
import { verifyAudit } from '@forebay/shared/domain/verify-audit';
import { loadScript } from '@forebay/shared/redis/script-runner';
import { expect, test } from 'vitest';
import { operationOf } from '../support/operation-of.ts';
import { useRedis } from '../support/redis.ts';
import { useStore } from '../support/store.ts';
import { seededLoss, startTcpProxy } from '../support/tcp-proxy.ts';

const redis = useRedis();
const seed = 20_263;

/** A store that loses four in ten replies of one script, and how many it has lost. */
async function losing(script: Parameters<typeof loadScript>[0]) {
  const proxy = await startTcpProxy(redis().port);
  const store = await useStore(proxy.url);
  const { digest } = loadScript(script);
  const isOfScript = ([command, first = '']: readonly string[]): boolean =>
    (command === 'EVALSHA' && first === digest) ||
    (command === 'EVAL' && first.startsWith(`-- ${script}: `));
  proxy.loseReplies(seededLoss(seed, 0.4, isOfScript));
  return { store, proxy };
}

test('losing replies of audit-append writes no line twice and leaves none out', async () => {
  const { store, proxy } = await losing('audit-append');
  const ids = Array.from({ length: 60 }, (_, n) => `aud_${n}`);
  for (const group of [ids.slice(0, 20), ids.slice(20, 40), ids.slice(40)]) {
    await Promise.all(
      group.map((id) =>
        store.audit.append({
          ...{ id, actor: 'key:a', action: 'x.change', target: 'x:1', outcome: 'done' },
          ...{ error: undefined, before: undefined, after: undefined, requestId: undefined },
        }),
      ),
    );
  }
  expect(proxy.lost.length).toBeGreaterThan(0);
  const { lines } = await store.audit.listAfter(0, 100);
  expect(await verifyAudit(lines)).toMatchObject({ kind: 'intact', head: { number: 60 } });
  expect(new Set(lines.map((line): unknown => JSON.parse(line).id))).toEqual(new Set(ids));
});

test('losing replies of operation-write makes no change twice and leaves none out', async () => {
  const { store, proxy } = await losing('operation-write');
  const operation = operationOf('cancel', []);
  expect(await store.operations.create(operation)).toBe('created');
  for (let n = 1; n <= 40; n += 1) {
    await store.operations.edit(operation.id, (stands) => ({ ...stands, step: stands.step + 1 }));
  }
  expect(proxy.lost.length).toBeGreaterThan(0);
  const after = await store.operations.read(operation.id);
  expect([after?.step, after?.version]).toEqual([operation.step + 40, 41]);
  expect(await store.operations.list(10)).toHaveLength(1);
});
