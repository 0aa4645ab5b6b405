/** What every store of operations must do; run on a single server and on a cluster. */
import { limits } from '@forebay/shared/domain/limits';
import { newOperationId, type Operation } from '@forebay/shared/domain/operation';
import { describe, expect, it } from 'vitest';
import { operationOf } from '../support/operation-of.ts';
import { useStore } from '../support/store.ts';

const holdMs = 15_000;

function newOperation(createdAtMs: number): Operation {
  return { ...operationOf('cancel', []), step: 0, createdAtMs };
}

export function describeOperationStore(name: string, url: () => string): void {
  describe(`${name}: operations`, () => {
    it('are kept as they were written, once, and listed newest first', async () => {
      const { operations } = await useStore(url());
      const nowMs = Date.now();
      const all = [newOperation(nowMs), newOperation(nowMs + 1), newOperation(nowMs + 2)];
      for (const operation of all) expect(await operations.create(operation)).toBe('created');
      expect(await operations.list(2)).toEqual([all[2], all[1]]);
      expect(await operations.read(newOperationId())).toBeUndefined();
    });

    it('lose no change of several at once', async () => {
      const { operations } = await useStore(url());
      const operation = newOperation(Date.now());
      await operations.create(operation);
      const grow = (stands: Operation): Operation => ({
        ...stands,
        counts: { ...stands.counts, done: stands.counts.done + 1 },
      });
      await Promise.all(Array.from({ length: 6 }, () => operations.edit(operation.id, grow)));
      const after = await operations.read(operation.id);
      expect([after?.counts.done, after?.version]).toEqual([6, 7]);
      expect(await operations.edit(operation.id, () => undefined)).toEqual(after);
      expect(await operations.edit(newOperationId(), grow)).toBeUndefined();
    });

    it('are one worker’s until its time is over, and longer with each of its steps', async () => {
      const store = await useStore(url());
      const { operations } = store;
      const { id, ...operation } = newOperation(Date.now());
      await operations.create({ id, ...operation });
      expect(await operations.take(holdMs)).toBe(id);
      expect(await operations.take(holdMs)).toBeUndefined();
      store.advance(holdMs - 1_000);
      await operations.edit(id, (stands) => ({ ...stands, step: 1 }), holdMs);
      store.advance(holdMs - 1_000);
      // A person who cancels it takes it from nobody.
      await operations.edit(id, (stands) => ({ ...stands, cancelRequested: true }));
      expect(await operations.take(holdMs)).toBeUndefined();
      store.advance(1_001);
      expect(await operations.take(holdMs)).toBe(id);
    });

    it('are taken no more once they are over, and forgotten in time', async () => {
      const store = await useStore(url());
      const { operations, client, keys } = store;
      const { id, ...operation } = newOperation(Date.now());
      await operations.create({ id, ...operation });
      await operations.edit(id, (stands) => ({ ...stands, state: 'done' }));
      expect(await operations.take(holdMs)).toBeUndefined();
      const leftMs = await client.pttl(keys.operations.one(id));
      expect(leftMs).toBeGreaterThan(limits.operationKeptMs - 60_000);
    });

    it('are so many at once and no more', async () => {
      const { operations } = await useStore(url());
      for (let n = 0; n < limits.operationsOpenMax; n += 1) {
        expect(await operations.create(newOperation(Date.now() + n))).toBe('created');
      }
      const last = newOperation(Date.now());
      expect(await operations.create(last)).toBe('full');
      expect(await operations.read(last.id)).toBeUndefined();
      const [first] = await operations.list(1);
      await operations.edit(first?.id ?? last.id, (stands) => ({ ...stands, state: 'cancelled' }));
      expect(await operations.create(last)).toBe('created');
    });
  });
}
