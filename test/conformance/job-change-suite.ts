/** What every job store must do when a caller changes a job; run on both servers. */
import { newToken } from '@forebay/shared/domain/ids';
import type { ChangeRequest, NewJob } from '@forebay/shared/ports/job-store';
import { describe, expect, it } from 'vitest';
import { archiveJobs } from '../support/archive-jobs.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { archiveIn, newJob, plainSpec, type TestStore, useStore } from '../support/store.ts';
import { waitUntil } from '../support/wait-until.ts';
import { claim, leaseMs, moveTo, mustBeClaimed, mustRead, success } from './job-calls.ts';

function changeOf(job: NewJob, changes: Partial<ChangeRequest>): ChangeRequest {
  const { id, tenant } = job;
  const kept = { priority: undefined, deadlineAtMs: undefined, ceiling: undefined };
  return { id, tenant, version: 1, mark: newToken('change'), ...kept, ...changes };
}

function newJobWithHook(): NewJob {
  const url = 'https://example.com/a';
  const webhook = { url, endpointId: 'a', events: ['job.succeeded'] } as const;
  return newJob({ spec: { ...plainSpec, webhook } });
}

export function describeJobChanges(name: string, url: () => string): void {
  describe(`${name}: changes of jobs`, () => {
    const open = (): Promise<TestStore> => useStore(url(), { leaseMs });

    it('gives a waiting job its new values under a new fence, once', async () => {
      const { jobs, client, keys } = await open();
      const job = newJob();
      await jobs.admit(job);
      const deadlineAtMs = (await jobs.nowMs()) + 5_000;
      const request = changeOf(job, { priority: 0, deadlineAtMs, ceiling: 2_000n });
      const first = await jobs.change(request);
      expect(first.kind).toBe('changed');
      expect(await jobs.change(request)).toEqual(first);
      const record = await mustRead(jobs, job);
      expect(first).toEqual({ kind: 'changed', record });
      expect(record).toMatchObject({ state: 'queued', version: 2, fence: 2, priority: 0 });
      expect(record.statusReason.code).toBe('queued');
      expect(record.history.at(-1)).toMatchObject({ version: 2, reasonCode: 'changed' });
      expect(record.money).toMatchObject({ ceiling: 2_000n, reserved: 400n });
      const { due } = keys.job(job.tenant, job.id);
      expect(await client.zscore(due, `${job.tenant}/${job.id}`)).toBe(String(deadlineAtMs));
      expect(await claim(jobs, job, { fence: 1 })).toMatchObject({ kind: 'conflict' });
      mustBeClaimed(await claim(jobs, job, { fence: 2 }));
    });

    it('leaves a ticket its place when only the ceiling changes, or nothing', async () => {
      const { jobs } = await open();
      const job = newJob();
      await jobs.admit(job);
      await jobs.change(changeOf(job, { ceiling: 5_000n }));
      expect(await mustRead(jobs, job)).toMatchObject({ version: 2, fence: 1 });
      const same = changeOf(job, { version: 2, priority: 5, ceiling: 5_000n });
      expect((await jobs.change(same)).kind).toBe('changed');
      expect(await mustRead(jobs, job)).toMatchObject({ version: 2, fence: 1 });
    });

    it('refuses a version that the caller has not seen, and changes nothing', async () => {
      const { jobs } = await open();
      const job = newJob();
      await jobs.admit(job);
      await jobs.change(changeOf(job, { priority: 0 }));
      const before = await mustRead(jobs, job);
      const late = await jobs.change(changeOf(job, { priority: 9 }));
      expect(late).toEqual({ kind: 'other_version', record: before });
      expect(await mustRead(jobs, job)).toEqual(before);
      const any = await jobs.change(changeOf(job, { version: undefined, priority: 9 }));
      expect(any).toMatchObject({ kind: 'changed', record: { priority: 9, version: 3 } });
    });

    it('refuses a ceiling below what is held and charged, and changes nothing (F38)', async () => {
      const store = await open();
      const { jobs } = store;
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      store.advance(leaseMs + 1);
      await jobs.reassign(moveTo(job, 'beta', {}));
      const before = await mustRead(jobs, job);
      const { version } = before;
      const low = await jobs.change(changeOf(job, { version, priority: 0, ceiling: 699n }));
      expect(low).toEqual({ kind: 'below_use', record: before });
      expect(await mustRead(jobs, job)).toEqual(before);
      expect((await jobs.change(changeOf(job, { version, ceiling: 700n }))).kind).toBe('changed');
    });

    it('changes a running job without taking it from its worker', async () => {
      const { jobs } = await open();
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      const deadlineAtMs = (await jobs.nowMs()) + 60_000;
      const change = changeOf(job, { version: 2, priority: 0, deadlineAtMs, ceiling: 2_000n });
      expect((await jobs.change(change)).kind).toBe('changed');
      const { id, tenant } = job;
      const renewal = await jobs.renew({ id, tenant, fence: 2, token: 'claim-1', leaseMs });
      if (renewal.kind !== 'renewed') throw new Error(renewal.kind);
      expect(renewal.deadlineInMs).toBeLessThanOrEqual(60_000);
      expect(renewal.deadlineInMs).toBeGreaterThan(0);
      expect((await jobs.settle(success(job, 2, 1n))).kind).toBe('settled');
    });

    it('keeps a decision on old values from ending a scheduled job', async () => {
      const { jobs } = await open();
      const nowMs = await jobs.nowMs();
      const job = newJob({ runAtMs: nowMs + 60_000, reservation: 0n });
      await jobs.admit(job);
      await jobs.change(changeOf(job, { ceiling: 2_000n }));
      const end = { ...success(job, 1, 0n), from: ['scheduled'], attempt: undefined } as const;
      expect(await jobs.settle({ ...end, to: 'failed' })).toMatchObject({ kind: 'conflict' });
      expect(await mustRead(jobs, job)).toMatchObject({ state: 'scheduled', fence: 2 });
    });

    it('changes nothing about a job that is cancelled, ended or archived', async () => {
      const objectsDir = scratchFolder('archive');
      const store = await useStore(url(), { leaseMs, objectsDir });
      const { jobs } = store;
      const running = newJob();
      await jobs.admit(running);
      await claim(jobs, running);
      await jobs.cancel(running);
      const cancelling = await mustRead(jobs, running);
      const change = changeOf(running, { version: 3, priority: 0 });
      expect(await jobs.change(change)).toEqual({ kind: 'fixed', record: cancelling });
      await jobs.settle(success(running, 2, 1n));
      const ended = await mustRead(jobs, running);
      expect(await jobs.change(change)).toEqual({ kind: 'fixed', record: ended });
      await archiveJobs(store, archiveIn(objectsDir), [running]);
      expect(await jobs.change(change)).toEqual({ kind: 'fixed', record: ended });
    });

    it('tells who follows orders of wishes and waiting events, and of nothing else', async () => {
      const { jobs, wakeUps } = await open();
      const heard: string[] = [];
      await wakeUps.start('orders');
      wakeUps.listen({
        onChange: ({ id, state }) => heard.push(`${id} ${state}`),
        onReconnect: () => undefined,
      });
      const [changed, cancelled, ended, told] = [newJob(), newJob(), newJob(), newJobWithHook()];
      for (const job of [changed, cancelled, ended, told]) {
        await jobs.admit(job);
        await claim(jobs, job);
      }
      await jobs.change(changeOf(changed, { version: 2, ceiling: 2_000n }));
      await jobs.cancel(cancelled);
      await jobs.settle(success(ended, 2, 1n));
      await jobs.settle(success(told, 2, 1n));
      await waitUntil(() => heard.length === 3, { what: 'three orders', timeoutMs: 5_000 });
      expect(heard).toEqual([
        `${changed.id} running`,
        `${cancelled.id} cancelling`,
        `${told.id} succeeded`,
      ]);
    });

    it('tells missing jobs, and those of other tenants, from conflicts', async () => {
      const { jobs } = await open();
      expect(await jobs.change(changeOf(newJob(), { priority: 0 }))).toEqual({ kind: 'missing' });
    });
  });
}
