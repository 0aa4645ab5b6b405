/** What figures of the whole store must be; run on a single server and on a cluster. */
import { ticketId } from '@forebay/shared/domain/ids';
import type { PriorityClass } from '@forebay/shared/domain/priority';
import type { ShardFigures } from '@forebay/shared/ports/store-figures';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import { describe, expect, it } from 'vitest';
import { sampleModel } from '../support/sample-catalog.ts';
import {
  candidateFor,
  deploymentOf,
  newJob,
  plainSpec,
  planFor,
  type TestStore,
  testTenant,
  useStore,
} from '../support/store.ts';
import { budgetOf, setTerms } from '../support/terms.ts';
import { claim, mustBeClaimed, mustRead, success } from './job-calls.ts';

const alpha = sampleModel('alpha', { deployments: [deploymentOf('alpha')] });

function readShard(store: TestStore): Promise<ShardFigures> {
  return store.figures.readShard(store.keys.shardOf(testTenant));
}

function balance({ admitted, ended, live }: ShardFigures): number {
  return admitted - live - Object.values(ended).reduce((sum, count) => sum + count, 0);
}

export function describeStoreFigures(name: string, url: () => string): void {
  describe(`${name}: the figures of the store`, () => {
    it('balance what was admitted with what has ended and what lives (P25)', async () => {
      const store = await useStore(url());
      const { jobs } = store;
      const [settled, cancelled, waiting] = [newJob(), newJob(), newJob()];
      for (const job of [settled, cancelled, waiting, waiting]) {
        await jobs.admit(job);
        expect(balance(await readShard(store))).toBe(0);
      }
      const { fence } = mustBeClaimed(await claim(jobs, settled));
      for (let repeated = 0; repeated < 2; repeated += 1) {
        await jobs.settle(success(settled, fence, 10n));
        await jobs.cancel(cancelled);
        expect(await readShard(store)).toMatchObject({
          admitted: 3,
          live: 1,
          ended: { succeeded: 1, cancelled: 1, failed: 0, expired: 0 },
        });
      }
    });

    it('count how often budgets have reached a share of their limit', async () => {
      const store = await useStore(url());
      await setTerms(store, { budgets: [budgetOf(1_000n)] });
      const job = newJob();
      await store.jobs.admit(job);
      const { fence } = mustBeClaimed(await claim(store.jobs, job));
      await store.jobs.settle(success(job, fence, 400n));
      const next = newJob({ reservation: 420n, plan: planFor(candidateFor('alpha', 420n)) });
      await store.jobs.admit(next);
      await claim(store.jobs, next);
      await store.jobs.settle(success(next, 2, 420n));
      const { thresholds } = await readShard(store);
      expect(thresholds.filter(({ count }) => count > 0)).toEqual([{ percent: 80, count: 1 }]);
    });

    it('tell how late the checks of jobs and the deliveries of events are', async () => {
      const store = await useStore(url());
      const endpointId = 'ep_1';
      const webhook = {
        url: 'https://example.com',
        endpointId,
        events: ['job.cancelled' as const],
      };
      const job = newJob({ spec: { ...plainSpec, webhook } });
      await store.jobs.admit(job);
      await store.jobs.admit(newJob());
      await store.jobs.cancel(job);
      expect(await readShard(store)).toMatchObject({ overdue: 0, overdueMs: 0, endpoints: 1 });
      store.advance(30_000);
      const late = await readShard(store);
      expect(late).toMatchObject({ overdue: 1, endpoints: 1 });
      expect(late.overdueMs).toBeGreaterThanOrEqual(20_000);
      expect(late.overdueMs).toBeLessThan(30_000);
      expect(late.endpointsOverdueMs).toBeGreaterThanOrEqual(30_000);
    });

    it('show a lane: its classes, the age of the oldest job, window and permits', async () => {
      const store = await useStore(url(), { leaseMs: 1_000 });
      const { lanes, figures } = store;
      const jobs = [newJob({ priority: 0 }), newJob({ priority: 9 }), newJob({ priority: 9 })];
      for (const job of jobs) {
        await store.jobs.admit(job);
        await lanes.offer('alpha', [ticketOf(await mustRead(store.jobs, job))], 1);
      }
      const [first] = jobs;
      await lanes.heartbeat('alpha', 'w1');
      const before = await figures.readLane(alpha, 1);
      expect(before).toMatchObject({ windowTickets: 1, windowPlaces: 1, backlog: 2, pools: 1 });
      const classes = new Map(before.classes.map((entry) => [entry.priorityClass, entry]));
      const waiting = (of: PriorityClass) => classes.get(of)?.waiting;
      expect([waiting('urgent'), waiting('normal'), waiting('bulk')]).toEqual([0, 0, 2]);
      const oldestAtMs = classes.get('bulk')?.oldestAtMs ?? 0;
      expect(Math.abs(oldestAtMs - Date.now())).toBeLessThan(60_000);
      expect(classes.get('urgent')?.oldestAtMs).toBeUndefined();

      await lanes.acquire({
        model: 'alpha',
        ticket: ticketId(first?.id ?? newJob().id, 1),
        holder: 'w1',
        deployments: alpha.deployments,
        tokens: 1,
        holdMs: 60_000,
      });
      await lanes.stop('alpha', 'alpha/main');
      await lanes.pause('alpha', 'alpha/main', 5_000);
      const [deployment] = (await figures.readLane(alpha, 1)).deployments;
      expect(deployment).toMatchObject({ id: 'alpha/main', permitsInUse: 1 });
      expect(deployment?.pausedMs).toBeGreaterThan(4_000);
      expect(deployment?.stoppedMs).toBeGreaterThan(0);
      expect((await figures.readLane(alpha, 1)).windowTickets).toBe(0);
    });

    it('tell the memory of the servers and how fast they answer', async () => {
      const { figures } = await useStore(url());
      const server = await figures.readServer();
      expect(server.memoryBytes).toBeGreaterThan(100_000);
      expect(server.pingMs).toBeGreaterThan(0);
    });
  });
}
