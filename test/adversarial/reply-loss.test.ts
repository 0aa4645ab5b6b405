/**
 * A script can take effect and its reply still get lost; the client then sends the call again.
 * Here every tenth reply of one script after the other is lost while many jobs run at once, each
 * with a ceiling that one charge too many would pass.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobEventType, JobMoney, JobRecord } from '@forebay/shared/domain/job';
import { isRecord } from '@forebay/shared/domain/job';
import type { JobState } from '@forebay/shared/domain/job-state';
import type {
  AttemptSettlement,
  NewJob,
  ReassignRequest,
  SettleRequest,
} from '@forebay/shared/ports/job-store';
import { loadScript } from '@forebay/shared/redis/script-runner';
import { expect, test } from 'vitest';
import { endpointFor } from '../support/endpoint-for.ts';
import { readLedger } from '../support/read-ledger.ts';
import { useRedis } from '../support/redis.ts';
import {
  answeredFor,
  candidateFor,
  lostFor,
  newJob,
  plainSpec,
  planFor,
  type TestStore,
  testTenant,
  useStore,
} from '../support/store.ts';
import { seededLoss, startTcpProxy } from '../support/tcp-proxy.ts';

const redis = useRedis();

const seed = 20_261;
const jobCount = 200;
const ceiling = 1_000n;
const worst = 400n;
const leaseMs = 15_000;
const endpointId = 'we_loss';
const scripts = [
  'admit',
  'feed',
  'claim',
  'renew',
  'settle',
  'reassign',
  'cancel',
  'change',
  'delete',
] as const;

/** What background work does while the store does not answer: it asks again. */
async function answered<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const away = ForebayError.is(error) && error.code === 'store_unavailable';
      if (!away || tries === 20) throw error;
    }
  }
}

interface Run {
  readonly store: TestStore;
  readonly job: NewJob;
}

async function claim({ store, job }: Run, fence: number, model = 'alpha'): Promise<void> {
  const token = `claim-${job.id}-${fence}`;
  const { id, tenant } = job;
  const claimed = await answered(() =>
    store.jobs.claim({
      ...{ id, tenant, fence, token },
      worker: 'w1',
      leaseMs,
      model,
      deployment: `${model}/main`,
      reservation: undefined,
    }),
  );
  expect(claimed.kind).toBe('claimed');
  const request = { id, tenant, fence: fence + 1, token, leaseMs };
  const renewal = await answered(() => store.jobs.renew(request));
  expect(renewal.kind).toBe('renewed');
}

/** A running job keeps its fence, so every course can go on from here. */
async function hurry({ store, job }: Run): Promise<void> {
  const { id, tenant } = job;
  const kept = { deadlineAtMs: undefined, ceiling: undefined };
  const request = { id, tenant, version: undefined, mark: `hurry ${id}`, priority: 1, ...kept };
  expect((await answered(() => store.jobs.change(request))).kind).toBe('changed');
}

async function settle(
  { store, job }: Run,
  attempt: AttemptSettlement,
  to: SettleRequest['to'] = 'succeeded',
): Promise<string> {
  const result = await answered(() =>
    store.jobs.settle({
      settlement: `settle-${job.id}`,
      id: job.id,
      tenant: job.tenant,
      fence: attempt.fence,
      from: ['running', 'cancelling'],
      attempt,
      to,
      reason: { code: to, text: to },
      error: undefined,
      usage: undefined,
      sealedResult: to === 'succeeded' ? Buffer.from('answer') : undefined,
    }),
  );
  return result.kind;
}

async function move(
  { store, job }: Run,
  attempt: AttemptSettlement,
  reservation: bigint,
): Promise<string> {
  const request: ReassignRequest = {
    id: job.id,
    tenant: job.tenant,
    fence: attempt.fence,
    from: ['running'],
    attempt,
    workerDied: attempt.end.outcome === 'lost_lease',
    model: 'beta',
    plan: planFor(candidateFor('beta', reservation)),
    whyChosen: 'next',
    reservation,
    notBeforeMs: 0,
    reason: { code: 'reassigned', text: 'moved' },
    whenShort: 'refuse',
  };
  return (await answered(() => store.jobs.reassign(request))).kind;
}

function failedFor(outcome: 'timeout' | 'overloaded'): AttemptSettlement {
  const lost = lostFor(2, worst);
  if (outcome === 'timeout') return { fence: 2, end: { ...lost.end, outcome } };
  const free = { ambiguity: 'refused', costNanoUsd: 0n, costIs: 'none' } as const;
  return { fence: 2, end: { ...lost.end, ...free, outcome } };
}

interface Course {
  readonly name: string;
  /** From the claim on. */
  run(run: Run): Promise<void>;
  readonly ends: JobState;
  readonly spent: bigint;
  readonly unknown: bigint;
  readonly attempts: number;
}

/** Every way through the scripts, with what it must cost to the last nano-dollar. */
const courses: readonly Course[] = [
  {
    name: 'answered at once',
    async run(run) {
      expect(await settle(run, answeredFor(2, 123n))).toBe('settled');
    },
    ...{ ends: 'succeeded', spent: 123n, unknown: 0n, attempts: 1 },
  },
  {
    name: 'timed out, then answered for all that was left',
    async run(run) {
      expect(await move(run, failedFor('timeout'), 600n)).toBe('reassigned');
      await claim(run, 3, 'beta');
      expect(await settle(run, answeredFor(4, 600n))).toBe('settled');
    },
    ...{ ends: 'succeeded', spent: 600n, unknown: 400n, attempts: 2 },
  },
  {
    name: 'refused, then answered for the whole ceiling',
    async run(run) {
      expect(await move(run, failedFor('overloaded'), ceiling)).toBe('reassigned');
      await claim(run, 3, 'beta');
      expect(await settle(run, answeredFor(4, ceiling))).toBe('settled');
    },
    ...{ ends: 'succeeded', spent: ceiling, unknown: 0n, attempts: 2 },
  },
  {
    name: 'timed out with too little left',
    async run(run) {
      expect(await move(run, failedFor('timeout'), 601n)).toBe('over_ceiling');
      expect(await settle(run, failedFor('timeout'), 'failed')).toBe('settled');
    },
    ...{ ends: 'failed', spent: 0n, unknown: 400n, attempts: 1 },
  },
  {
    name: 'cancelled while it ran',
    async run(run) {
      const cancelled = await answered(() => run.store.jobs.cancel(run.job));
      expect(cancelled.kind).toBe('cancelling');
      expect(await settle(run, answeredFor(2, 50n))).toBe('settled');
    },
    ...{ ends: 'cancelled', spent: 50n, unknown: 0n, attempts: 1 },
  },
  {
    name: 'given up, then answered late',
    async run(run) {
      run.store.advance(leaseMs + 1);
      expect(await move(run, lostFor(2, worst), 600n)).toBe('reassigned');
      expect(await settle(run, answeredFor(2, 77n))).toBe('adopted');
    },
    ...{ ends: 'succeeded', spent: 77n, unknown: 0n, attempts: 1 },
  },
];

const events: readonly JobEventType[] = [
  'job.succeeded',
  'job.failed',
  'job.cancelled',
  'job.expired',
];

/** Every third job is scheduled and has to be fed. */
async function live(store: TestStore, course: Course, index: number): Promise<NewJob> {
  const scheduled = index % 3 === 0;
  const job = newJob({
    ceiling,
    runAtMs: scheduled ? 1 : undefined,
    reservation: scheduled ? 0n : worst,
    spec: { ...plainSpec, webhook: { url: 'https://example.com/', endpointId, events } },
  });
  expect((await answered(() => store.jobs.admit(job))).kind).toBe('admitted');
  if (scheduled) {
    const request = { id: job.id, tenant: job.tenant, fence: 1, reservation: worst };
    expect((await answered(() => store.jobs.feed(request))).kind).toBe('fed');
  }
  await claim({ store, job }, 1);
  await hurry({ store, job });
  await course.run({ store, job });
  return job;
}

async function mustRead(store: TestStore, job: NewJob): Promise<JobRecord> {
  const record = await answered(() => store.jobs.read(job));
  if (!isRecord(record)) throw new Error('an admitted job is missing');
  return record;
}

test.each(scripts)('losing replies of %s costs nothing twice and loses no job', async (script) => {
  const proxy = await startTcpProxy(redis().port);
  const store = await useStore(proxy.url);
  const endpoint = endpointFor(testTenant, events);
  expect(await store.endpoints.write(endpoint)).toBe('written');
  const { digest } = loadScript(script);
  const isOfScript = ([command, first = '']: readonly string[]): boolean =>
    (command === 'EVALSHA' && first === digest) ||
    (command === 'EVAL' && first.startsWith(`-- ${script}: `));
  proxy.loseReplies(seededLoss(seed, 0.1, isOfScript));

  const lives = Array.from({ length: jobCount }, async (_, index) => {
    const course = courses[index % courses.length];
    if (course === undefined) throw new Error('there are courses');
    return { course, job: await live(store, course, Math.floor(index / courses.length)) };
  });
  const ended = await Promise.all(lives);

  const total = { spent: 0n, unknown: 0n };
  for (const { course, job } of ended) {
    const record = await mustRead(store, job);
    const { spent, unknown } = course;
    const money: JobMoney = { ceiling, reserved: 0n, spent, unknown };
    expect(record.money, course.name).toEqual(money);
    expect(record.state, course.name).toBe(course.ends);
    expect(record.attempts, course.name).toHaveLength(course.attempts);
    const changes = record.history.filter(({ reasonCode }) => reasonCode === 'changed');
    expect([record.priority, changes.length], course.name).toEqual([1, 1]);
    total.spent += spent;
    total.unknown += unknown;
    // What they cost stays in the tenant's sums.
    expect((await answered(() => store.jobs.delete(job))).kind, course.name).toBe('deleted');
  }
  proxy.loseReplies(undefined);
  expect(proxy.lost.length).toBeGreaterThan(0);
  const shard = store.keys.shardOf(testTenant);
  const account = `${store.keys.due(shard).replace(/due$/, '')}money:${testTenant}`;
  expect(await store.client.hgetall(account)).toEqual({
    reserved: '0',
    spent: total.spent.toString(),
    unknown: total.unknown.toString(),
  });
  const entries = await readLedger(store, testTenant);
  const sumOf = (field: 'spent' | 'unknown') =>
    entries.reduce((sum, entry) => sum + BigInt(entry[field] ?? ''), 0n);
  expect({ spent: sumOf('spent'), unknown: sumOf('unknown') }).toEqual(total);
  expect(entries.filter(({ ends }) => ends === '1')).toHaveLength(jobCount);
  expect(await store.client.zcard(store.keys.due(shard))).toBe(0);
  const told = await store.client.hlen(store.keys.endpoint(shard, endpointId).events);
  expect(told).toBe(jobCount);
  // Each end has one number at the registered endpoint, and no number was left out.
  const listed = await store.endpoints.listEvents(endpoint, 0, 2 * jobCount);
  expect(listed.newest).toBe(jobCount);
  expect(listed.events.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: jobCount }, (_, index) => index + 1),
  );
  expect(new Set(listed.events.map(({ job }) => job)).size).toBe(jobCount);
});
