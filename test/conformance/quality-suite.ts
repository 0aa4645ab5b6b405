/** What every store must say of what people said of answers; run on both servers. */
import { newJobId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import type { Judgement } from '@forebay/shared/ports/quality-store';
import { describe, expect, it } from 'vitest';
import { newJob, tenantNamed, useStore } from '../support/store.ts';
import { claim, leaseMs, success } from './job-calls.ts';

const acme = tenantNamed('acme');

function judgementOf(changes: Partial<Judgement> = {}): Judgement {
  return {
    tenant: acme,
    id: newJobId(),
    user: undefined,
    score: 0.8,
    comment: undefined,
    model: 'vendor/large',
    task: 'code',
    ...changes,
  };
}

export function describeQuality(name: string, url: () => string): void {
  describe(`${name}: what people said of answers`, () => {
    it('is summed up by model and task, for its tenant and its user alone', async () => {
      const { quality } = await useStore(url());
      await quality.judge(judgementOf({ user: 'ann', score: 1 }));
      await quality.judge(judgementOf({ user: 'bob', score: 0.5 }));
      await quality.judge(judgementOf({ task: undefined, score: 0 }));
      const sums = await quality.sums(acme);
      expect(sums).toHaveLength(2);
      expect(sums).toContainEqual({ model: 'vendor/large', task: 'code', count: 2, scores: 1.5 });
      expect(sums).toContainEqual({ model: 'vendor/large', task: undefined, count: 1, scores: 0 });
      expect(await quality.sums(acme, 'ann')).toEqual([
        { model: 'vendor/large', task: 'code', count: 1, scores: 1 },
      ]);
      expect(await quality.sums(acme, 'eve')).toEqual([]);
      expect(await quality.sums(tenantNamed('other'))).toEqual([]);
    });

    it('counts once however often it is said, and is replaced by a later word', async () => {
      const store = await useStore(url());
      const { quality } = store;
      const first = judgementOf({ user: 'ann', comment: 'wrong', score: 0.2 });
      const said = await quality.judge(first);
      store.advance(1_000);
      expect(await quality.judge(first)).toEqual(said);
      await quality.judge({ ...first, score: 0.6, comment: undefined });
      for (const sums of [await quality.sums(acme), await quality.sums(acme, 'ann')]) {
        expect(sums).toHaveLength(1);
        expect(sums[0]?.count).toBeCloseTo(1, 4);
        expect(sums[0]?.scores).toBeCloseTo(0.6, 4);
      }
    });

    it('fades: after a half-life it counts half', async () => {
      const store = await useStore(url());
      await store.quality.judge(judgementOf({ score: 1 }));
      store.advance(limits.judgementHalfLifeMs);
      await store.quality.judge(judgementOf({ score: 0 }));
      const [sum] = await store.quality.sums(acme);
      expect(sum?.count).toBeCloseTo(1.5, 4);
      expect(sum?.scores).toBeCloseTo(0.5, 4);
    });

    it('stands beside what answers showed, which the ledger tells once', async () => {
      const store = await useStore(url(), { leaseMs });
      const { quality, ledger } = store;
      const job = newJob({ tenant: acme });
      await store.jobs.admit(job);
      await claim(store.jobs, job);
      await store.jobs.settle(success(job, 2, 123n));
      const shard = store.keys.shardOf(acme);
      const span = await ledger.mark(shard, { linesMax: 1, olderThanMs: 60_000 });
      if (span === undefined) throw new Error('a line should be marked');
      await quality.judge(judgementOf({ user: 'ann', score: 1 }));
      const about = { tenant: acme, model: 'vendor/large', task: 'code' } as const;
      const signals = [
        { ...about, user: undefined, attempts: 8, flaws: 3.5 },
        { ...about, task: undefined, user: undefined, attempts: 1, flaws: 0 },
        { ...about, user: 'ann', attempts: 4, flaws: 1 },
        { ...about, user: 'bob', attempts: 4, flaws: 2.5 },
      ];
      const { users, files } = store.keys.quality(acme);
      const file = { lines: 1, digest: 'a', weight: 1 };
      await store.outcomeImports.countOutcomes({ tenant: acme, file, newest: undefined, sums: [] });
      for (const key of [users, files]) await store.client.pexpire(key, 60_000);
      expect(await ledger.commit(shard, span, { hash: 'h1', signals })).toBe(true);
      // The index of users that bounds their number lives as long as their sums, and so do files.
      for (const key of [users, files]) {
        expect(await store.client.pttl(key)).toBeGreaterThan(limits.judgementKeepMs - 60_000);
      }
      expect(await ledger.commit(shard, span, { hash: 'h1', signals })).toBe(false);
      const { model, task } = about;
      const sums = await quality.sums(acme);
      expect(sums).toHaveLength(2);
      expect(sums).toContainEqual({
        ...{ model, task, count: 1, scores: 1 },
        seen: { attempts: 8, flaws: 3.5 },
      });
      expect(sums).toContainEqual({
        ...{ model, task: undefined, count: 0, scores: 0 },
        seen: { attempts: 1, flaws: 0 },
      });
      expect(await quality.sums(acme, 'ann')).toMatchObject([{ seen: { attempts: 4, flaws: 1 } }]);
      // Of users who say nothing, nothing is kept: there may be millions.
      expect(await quality.sums(acme, 'bob')).toEqual([]);
      store.advance(limits.seenHalfLifeMs);
      const [faded] = await quality.sums(acme, 'ann');
      expect(faded?.seen).toEqual({ attempts: 2, flaws: 0.5 });
      expect(faded?.count).toBeCloseTo(0.5 ** (7 / 30), 4);
    });

    it('is kept of as many users as may judge a job, until the job is deleted', async () => {
      const store = await useStore(url(), { leaseMs });
      const job = newJob({ tenant: acme });
      await store.jobs.admit(job);
      await claim(store.jobs, job);
      await store.jobs.settle(success(job, 2, 123n));
      const judgement = judgementOf({ id: job.id });
      for (let n = 0; n < limits.judgementsPerJobMax; n += 1) {
        expect((await store.quality.judge({ ...judgement, user: `u${n}` })).kind).toBe('judged');
      }
      expect(await store.quality.judge({ ...judgement, user: 'late' })).toEqual({ kind: 'full' });
      expect((await store.quality.judge({ ...judgement, user: 'u3', score: 0 })).kind).toBe(
        'judged',
      );
      const key = `${store.keys.job(acme, job.id).job}:judgements`;
      expect(await store.client.hlen(key)).toBe(limits.judgementsPerJobMax);
      expect((await store.jobs.delete(job)).kind).toBe('deleted');
      expect(await store.client.exists(key)).toBe(0);
      // Who had read the job before it was deleted brings nothing of it back.
      expect(await store.quality.judge(judgement)).toEqual({ kind: 'missing' });
      expect(await store.client.exists(key)).toBe(0);
    });
  });
}
