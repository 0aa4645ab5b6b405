/**
 * Random lives of a global budget: jobs on every shard, dispatchers that die between any two
 * calls, lose replies and work at the same time, and limits that change. After each step:
 *
 *  - a shard uses no more than it was granted, and the book says no less than the shards (E1)
 *  - what was granted never passes the limit, or what stood when the limit was lowered
 *  - what stands in a shard's account is what its jobs say
 *
 * And when all is quiet, the book says what the shards say, and no job waits that could run.
 */
import type { GlobalBudget } from '@forebay/shared/domain/global-budget';
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type { EscrowStore } from '@forebay/shared/ports/escrow-store';
import type { NewJob } from '@forebay/shared/ports/job-store';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claim, success } from '../conformance/job-calls.ts';
import {
  globalBudgetOf,
  keepBudgets,
  tenantOnEachShard,
  useSmallStore,
} from '../support/global-budgets.ts';
import { useRedis } from '../support/redis.ts';
import { candidateFor, newJob, planFor, type TestStore } from '../support/store.ts';

const redis = useRedis();

/** Changed only to look for more. */
const seed = 20_261_126;
const runs = 60;
const shards = 3;

type Step =
  | { readonly kind: 'admit'; readonly shard: number; readonly amount: number }
  | { readonly kind: 'work'; readonly job: number; readonly percent: number }
  | {
      readonly kind: 'keep';
      readonly turn: number;
      /** Which write is the last one of each dispatcher at work, and whether it still happens. */
      readonly dispatchers: readonly { readonly diesAt: number; readonly writes: boolean }[];
    }
  | { readonly kind: 'limit'; readonly amount: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('admit' as const),
        shard: fc.nat(shards - 1),
        amount: fc.integer({ min: 1, max: 600 }),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('work' as const),
        job: fc.nat(30),
        percent: fc.constantFrom(0, 30, 100),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('keep' as const),
        turn: fc.nat(shards),
        dispatchers: fc.array(fc.record({ diesAt: fc.nat(8), writes: fc.boolean() }), {
          minLength: 1,
          maxLength: 2,
        }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('limit' as const),
        amount: fc.integer({ min: 100, max: 2_000 }),
      }),
    },
  ),
  { minLength: 5, maxLength: 30 },
);

interface World {
  readonly store: TestStore;
  readonly jobs: NewJob[];
  budget: GlobalBudget;
  /** What may be granted: the limit, or more for as long as a higher one's grants last. */
  allowed: bigint;
}

class Died extends Error {}

/** A dispatcher that dies at one of its writes, before it is made or before the reply comes. */
function mortal(
  escrow: EscrowStore,
  { diesAt, writes }: { readonly diesAt: number; readonly writes: boolean },
): EscrowStore {
  let left = diesAt;
  const guard =
    <Target, Change, Reply>(call: (target: Target, change: Change) => Promise<Reply>) =>
    async (target: Target, change: Change): Promise<Reply> => {
      left -= 1;
      if (left >= 0) return call(target, change);
      if (left === -1 && writes) await call(target, change);
      throw new Died();
    };
  return {
    ...escrow,
    teach: guard((shard, terms) => escrow.teach(shard, terms)),
    changeBook: guard((account, change) => escrow.changeBook(account, change)),
    changePart: guard((account, change) => escrow.changePart(account, change)),
  };
}

async function take(world: World, step: Step): Promise<void> {
  const { store, jobs } = world;
  switch (step.kind) {
    case 'admit': {
      const amount = BigInt(step.amount);
      const tenant = tenantOnEachShard(store)[step.shard];
      if (tenant === undefined) throw new Error('each shard has a tenant');
      const plan = planFor(candidateFor('alpha', amount));
      const job = newJob({ tenant, plan, reservation: amount, ceiling: 10_000n });
      if ((await store.jobs.admit(job)).kind === 'admitted') jobs.push(job);
      return;
    }
    case 'work': {
      const job = jobs[step.job % Math.max(1, jobs.length)];
      if (job !== undefined) await work(world, job, step.percent);
      return;
    }
    case 'keep': {
      const all = step.dispatchers.map((death) =>
        keepBudgets(mortal(store.escrow, death), step.turn).catch((error: unknown) => {
          if (!(error instanceof Died)) throw error;
        }),
      );
      await Promise.all(all);
      return;
    }
    case 'limit': {
      world.budget = { ...world.budget, limitNanoUsd: BigInt(step.amount) };
      await store.escrow.edit(() => [world.budget]);
    }
  }
}

async function recordOf({ store }: World, job: NewJob): Promise<JobRecord> {
  const record = await store.jobs.read(job);
  if (!isRecord(record)) throw new Error('an admitted job is missing');
  return record;
}

/** Moves a job on: out of the line if there is money, to a worker, to its end. */
async function work(world: World, job: NewJob, percent: number): Promise<void> {
  const { jobs } = world.store;
  const { state, waitsFor, fence, money } = await recordOf(world, job);
  if (state === 'queued' && waitsFor !== undefined) {
    await jobs.feed({ ...job, fence, reservation: job.reservation });
  } else if (state === 'queued') {
    await claim(jobs, job, { fence, token: `claim-${fence}` });
  } else if (state === 'running') {
    await jobs.settle(success(job, fence, (money.reserved * BigInt(percent)) / 100n));
  }
}

async function check(world: World): Promise<void> {
  const { store, budget } = world;
  const { escrow } = store;
  const account = { budget: budget.id, window: 'all', untilMs: undefined };
  const book = await escrow.readBook(account);
  const written = [...book.values()].reduce((sum, { granted }) => sum + granted, 0n);
  if (written < world.allowed) world.allowed = written;
  if (budget.limitNanoUsd > world.allowed) world.allowed = budget.limitNanoUsd;
  expect(written, 'granted by the book').toBeLessThanOrEqual(world.allowed);
  const records = await Promise.all(world.jobs.map((job) => recordOf(world, job)));
  for (let shard = 0; shard < shards; shard += 1) {
    const { parts } = await escrow.readShard(shard, [account]);
    const [part] = parts;
    if (part === undefined) throw new Error('every shard answers');
    const used = part.reserved + part.spent + part.unknown;
    expect(used, 'used of a part').toBeLessThanOrEqual(part.granted);
    expect(part.granted, 'E1').toBeLessThanOrEqual(book.get(shard)?.granted ?? 0n);
    for (const field of ['reserved', 'spent', 'unknown'] as const) {
      const own = records.filter(({ tenant }) => store.keys.shardOf(tenant) === shard);
      const sum = own.reduce((total, { money }) => total + money[field], 0n);
      expect(part[field], field).toBe(sum);
    }
  }
}

/** No job waits whose money is there, once nobody dies any more and everything has ended. */
async function drain(world: World): Promise<void> {
  const { store, budget, jobs } = world;
  let before = '';
  for (let round = 0; round < 100; round += 1) {
    for (let turn = 0; turn < shards; turn += 1) await keepBudgets(store.escrow, round + turn);
    for (const job of jobs) await work(world, job, 100);
    const stands = await Promise.all(jobs.map((job) => recordOf(world, job)));
    const now = stands.map(({ version }) => version).join();
    if (now === before) break;
    before = now;
  }
  await check(world);
  const account = { budget: budget.id, window: 'all', untilMs: undefined };
  const book = await store.escrow.readBook(account);
  for (const [shard, grant] of book) {
    const { parts } = await store.escrow.readShard(shard, [account]);
    expect(grant, 'the book of a quiet shard').toMatchObject({
      version: parts[0]?.version,
      granted: parts[0]?.granted,
      target: undefined,
    });
  }
  const records = await Promise.all(jobs.map((job) => recordOf(world, job)));
  const charged = records.reduce((sum, { money }) => sum + money.spent + money.unknown, 0n);
  for (const [index, { waitsFor }] of records.entries()) {
    if (waitsFor === undefined) continue;
    const wants = jobs[index]?.reservation ?? 0n;
    expect(wants, 'a job in line').toBeGreaterThan(budget.limitNanoUsd - charged);
  }
}

test('no crash, race or lost reply mints or loses money of a global budget', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (life) => {
      const store = await useSmallStore(redis().url, shards);
      const budget = globalBudgetOf(1_000n);
      const world: World = { store, jobs: [], budget, allowed: 1_000n };
      await store.escrow.edit(() => [budget]);
      await keepBudgets(store.escrow);
      for (const step of life) {
        await take(world, step);
        await check(world);
      }
      await drain(world);
    }),
    { seed, numRuns: runs, endOnFailure: true },
  );
});
