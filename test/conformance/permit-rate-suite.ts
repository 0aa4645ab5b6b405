/** What every lane store must do with the rate of a permit whose call was not made. */
import { newJobId, ticketId } from '@forebay/shared/domain/ids';
import type { Deployment } from '@forebay/shared/domain/model-catalog';
import type { PermitRequest, PermitReturn } from '@forebay/shared/ports/lane-store';
import { describe, expect, it } from 'vitest';
import { deploymentOf, type TestStore, useStore } from '../support/store.ts';

function requestFor(deployment: Deployment): PermitRequest {
  return {
    model: 'alpha',
    ticket: ticketId(newJobId(), 1),
    holder: 'w1',
    deployments: [deployment],
    tokens: 0,
    holdMs: 60_000,
  };
}

/** Asks for a permit, and says how it is given back if no call is made. */
async function takeUnit({ lanes }: TestStore, deployment: Deployment) {
  const request = requestFor(deployment);
  const permit = await lanes.acquire(request);
  const unused: PermitReturn = {
    ...{ model: request.model, ticket: request.ticket, holder: request.holder, deployment },
    reservedTokens: 0,
    usedTokens: 0,
    serviceMs: undefined,
    unusedUnit: permit.kind === 'granted' ? permit.unit : undefined,
  };
  return { kind: permit.kind, unused };
}

export function describePermitRate(name: string, url: () => string): void {
  const open = (): Promise<TestStore> => useStore(url());
  describe(`${name}: the rate of permits without a call`, () => {
    it('gives the unit of the rate back only where no call was made', async () => {
      const store = await open();
      const deployment = deploymentOf('alpha', { concurrency: 100, rpm: 60, rpmBurst: 2 });
      const first = await takeUnit(store, deployment);
      expect(first.kind).toBe('granted');
      const second = await takeUnit(store, deployment);
      expect((await takeUnit(store, deployment)).kind).toBe('denied');
      await store.lanes.release(first.unused);
      await store.lanes.release(first.unused);
      const third = await takeUnit(store, deployment);
      expect(third.kind).toBe('granted');
      expect((await takeUnit(store, deployment)).kind).toBe('denied');
      // A call that was made has used its unit up.
      await store.lanes.release({ ...second.unused, unusedUnit: undefined });
      expect((await takeUnit(store, deployment)).kind).toBe('denied');
      const fourth = await store.lanes.exchange(third.unused, requestFor(deployment));
      expect(fourth.permit.kind).toBe('granted');
      expect((await takeUnit(store, deployment)).kind).toBe('denied');
    });

    it('never gives a unit back that has come back by itself', async () => {
      const store = await open();
      const deployment = deploymentOf('alpha', { concurrency: 100, rpm: 60, rpmBurst: 3 });
      const unused = [];
      for (let n = 0; n < 3; n += 1) unused.push((await takeUnit(store, deployment)).unused);
      store.advance(3_000);
      for (let n = 0; n < 3; n += 1) {
        expect((await takeUnit(store, deployment)).kind).toBe('granted');
      }
      for (const permit of unused) await store.lanes.release(permit);
      expect((await takeUnit(store, deployment)).kind).toBe('denied');
    });

    it('spends no rate on any number of permits without a call', async () => {
      const store = await open();
      const deployment = deploymentOf('alpha', { concurrency: 1, rpm: 60, rpmBurst: 1 });
      for (let n = 0; n < 100; n += 1) {
        const permit = await takeUnit(store, deployment);
        expect(permit.kind).toBe('granted');
        await store.lanes.release(permit.unused);
      }
    });
  });
}
