/** What every job store must do with budgets and jobs that take less output for less money. */
import type { NewJob } from '@forebay/shared/ports/job-store';
import { describe, expect, it } from 'vitest';
import {
  candidateFor,
  newJob,
  plainSpec,
  planFor,
  type TestStore,
  useStore,
} from '../support/store.ts';
import { budgetOf, setTerms, usedOf } from '../support/terms.ts';
import { claim, leaseMs, moveTo, mustRead } from './job-calls.ts';

const cutSpec = { ...plainSpec, features: { ...plainSpec.features, cutsOutput: true } } as const;

/** Feeds a job and asks what its budget has left. */
function ask(store: TestStore, job: NewJob, fence = 1) {
  return store.jobs.feed({ ...job, fence, reservation: job.reservation, tellsShort: true });
}

export function describeCuts(name: string, url: () => string): void {
  const open = (): Promise<TestStore> => useStore(url(), { leaseMs });

  describe(`${name}: a budget and a job whose output may be cut`, () => {
    it('says at intake what is left, where it is asked, and makes nothing', async () => {
      const store = await open();
      const budget = budgetOf(1_000n);
      await setTerms(store, { budgets: [budget] });
      const first = newJob({ reservation: 700n, plan: planFor(candidateFor('alpha', 700n)) });
      await store.jobs.admit(first);
      const job = newJob({ spec: cutSpec });
      const told = await store.jobs.admit(job, { tellsShort: true });
      expect(told).toMatchObject({ kind: 'over_budget', account: budget.id, left: 300n });
      expect(await store.jobs.read(job)).toBeUndefined();
      const cut = { ...job, plan: planFor(candidateFor('alpha', 300n)), reservation: 300n };
      const made = { kind: 'admitted', record: { money: { reserved: 300n } } };
      expect(await store.jobs.admit(cut, { tellsShort: true })).toMatchObject(made);
      expect(await usedOf(store)).toEqual({ reserved: 1_000n, spent: 0n, unknown: 0n });
      // One that allows no cut waits, as the budget says.
      const held = { kind: 'admitted', record: { waitsFor: { kind: 'budget' } } };
      expect(await store.jobs.admit(newJob(), { tellsShort: true })).toMatchObject(held);
    });

    it('says where it is fed what is left, and else leaves it in line', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(500n)] });
      const [first, job] = [newJob(), newJob({ spec: cutSpec })];
      await store.jobs.admit(first);
      await store.jobs.admit(job);
      const shortage = { left: 100n, mayWait: true, isOfAll: false };
      expect(await ask(store, job)).toEqual({ kind: 'over_budget', ...shortage });
      expect((await store.jobs.feed({ ...job, fence: 1, reservation: job.reservation })).kind).toBe(
        'held',
      );
      const move = moveTo(job, 'alpha', { fence: 1, from: ['queued'], attempt: undefined });
      const moved = await store.jobs.reassign({ ...move, workerDied: false, reservation: 90n });
      expect(moved).toMatchObject({ record: { money: { reserved: 90n } } });
      expect((await mustRead(store.jobs, job)).waitsFor).toBeUndefined();
    });

    it('takes its line in also where it rejects, and has it looked at when claimed', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(500n, { whenShort: 'reject' })] });
      const [first, job] = [newJob(), newJob({ reservesWithClaim: true, spec: cutSpec })];
      await store.jobs.admit(first);
      expect((await store.jobs.admit(newJob({ reservesWithClaim: true }))).kind).toBe(
        'over_budget',
      );
      expect((await store.jobs.admit(job)).kind).toBe('admitted');
      expect((await claim(store.jobs, job)).kind).toBe('held');
      const due = await store.jobs.listDue(store.keys.shardOf(job.tenant), 100);
      expect(due).toMatchObject([{ id: job.id }]);
      const refused = { kind: 'over_budget', left: 100n, mayWait: false };
      expect(await ask(store, job, 2)).toMatchObject(refused);
      const asked = { ...job, fence: 2, reservation: job.reservation };
      expect(await store.jobs.feed(asked)).toMatchObject(refused);
    });

    it('leaves a line that fitted when it was taken in to wait, as any other job', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(500n, { whenShort: 'reject' })] });
      const [first, job] = [newJob(), newJob({ reservesWithClaim: true, spec: cutSpec })];
      await store.jobs.admit(job);
      await store.jobs.admit(first);
      expect((await claim(store.jobs, job)).kind).toBe('held');
      expect(await ask(store, job, 2)).toMatchObject({ left: 100n, mayWait: true });
    });
  });
}
