/**
 * Every way in which a running job can end other than by its answer: the caller's word, the
 * clock, a worker that is told to go, that stands still or that dies with a paid answer in its
 * journal, and a store that is away just then. Each job ends once and no answer is bought twice
 * (P1, P2, P6, P11; F2, F5).
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseJobId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import { describe, expect, it } from 'vitest';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { testTenant, useStore } from '../support/store.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import {
  type EndedJob,
  expectMoneyHolds,
  expectOneEventEach,
  readAllEnded,
} from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const leaseMs = 1_500;

interface Stage {
  readonly forebay: TestForebay;
  readonly api: ApiClient;
}

/** The API and everything but pools: each test says which pools there are. */
async function setStage(config = twoModels): Promise<Stage> {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config,
    scenario: twoModelsScenario,
  });
  const [{ url }] = await Promise.all([
    forebay.startApi(),
    forebay.startWorker('dispatcher', { FOREBAY_ROLES: 'dispatcher,webhooks' }),
  ]);
  return { forebay, api: createApiClient({ url, key: forebay.apiKey }) };
}

const poolOnly = { FOREBAY_ROLES: 'pool' };

async function submit(
  { forebay, api }: Stage,
  prompt: string,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const job = await api.submit({
    kind: 'chat.completions',
    model: 'alpha',
    body: { messages: [{ role: 'user', content: prompt }] },
    max_cost_usd: '0.05',
    webhook: { url: `${forebay.simulator.sinkUrl}/ok` },
    ...changes,
  });
  return job.id;
}

async function submitMany(stage: Stage, count: number, model = 'alpha'): Promise<string[]> {
  const jobs = Array.from({ length: count }, (_, n) => submit(stage, `job ${n}`, { model }));
  return Promise.all(jobs);
}

/** Submits so many jobs and waits until the provider holds a call of each. */
async function submitHeld(stage: Stage, count: number, model = 'alpha'): Promise<string[]> {
  const { simulator } = stage.forebay;
  simulator.hold({ model });
  const ids = await submitMany(stage, count, model);
  expect(await simulator.waitForHeld(count, 10_000, { model })).toBe(true);
  return ids;
}

/** What must be true after every fault; @returns the jobs as they ended. */
async function expectAllWell(stage: Stage, ids: readonly string[]): Promise<EndedJob[]> {
  const { simulator } = stage.forebay;
  const jobs = await readAllEnded(stage.api, ids);
  expectMoneyHolds(jobs, simulator);
  expect(await simulator.waitForDeliveries(ids.length, 15_000)).toBe(true);
  await waitUntil(() => jobs.every((job) => eventTypes(stage, job.id).length > 0), {
    what: 'an event of each job',
    timeoutMs: 15_000,
  });
  expectOneEventEach(jobs, simulator);
  return jobs;
}

function eventTypes({ forebay }: Stage, id: string): string[] {
  const types = new Set<string>();
  for (const { body_base64 } of forebay.simulator.deliveries()) {
    // Written by our own sender and proved by its tests; only type and job are read here.
    const event = JSON.parse(Buffer.from(body_base64, 'base64').toString()) as {
      readonly type: string;
      readonly data: { readonly id: string };
    };
    if (event.data.id === id) types.add(event.type);
  }
  return [...types];
}

function statuses(jobs: readonly EndedJob[]): Set<string> {
  return new Set(jobs.map((job) => job.status));
}

async function readRecords(stage: Stage, ids: readonly string[]): Promise<JobRecord[]> {
  const store = await useStore(redis().url, { namespace: stage.forebay.namespace });
  const records = [];
  for (const text of ids) {
    const id = parseJobId(text);
    const record = id && (await store.jobs.read({ tenant: testTenant, id }));
    if (record === undefined || 'kind' in record) throw new Error(`${text} cannot be read`);
    records.push(record);
  }
  return records;
}

describe('a running job', () => {
  it('that is cancelled stops its call, shows what it may have cost, and ends once', async () => {
    const stage = await setStage();
    const { api, forebay } = stage;
    await forebay.startWorker('pool', poolOnly);
    const [id = ''] = await submitHeld(stage, 1);
    const answer = await api.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    expect(answer.json()).toMatchObject({ id, status: 'cancelling' });
    const [job] = await expectAllWell(stage, [id]);
    expect(job?.status).toBe('cancelled');
    expect(job?.attempts).toMatchObject([{ outcome: 'cancelled', cost: { basis: 'worst_case' } }]);
    expect(job?.cost.unknown).toBe(job?.attempts[0]?.cost.charged);
    expect(eventTypes(stage, id)).toEqual(['job.cancelled']);
    expect(await forebay.simulator.waitForCalls(1, 5_000)).toBe(true);
    expect(forebay.simulator.calls().map(({ ending }) => ending)).toEqual(['client_gone']);
    expect(forebay.simulator.requests()).toHaveLength(1);
  });

  it('whose deadline passes stops its call and expires once', async () => {
    const stage = await setStage();
    const { forebay } = stage;
    await forebay.startWorker('pool', poolOnly);
    forebay.simulator.hold({ model: 'alpha' });
    const id = await submit(stage, 'too slow', { timeout_seconds: 2 });
    expect(await forebay.simulator.waitForHeld(1, 5_000)).toBe(true);
    const [job] = await expectAllWell(stage, [id]);
    expect(job?.status).toBe('expired');
    expect(job?.attempts).toMatchObject([{ outcome: 'deadline', cost: { basis: 'worst_case' } }]);
    expect(eventTypes(stage, id)).toEqual(['job.expired']);
    expect(await forebay.simulator.waitForCalls(1, 5_000)).toBe(true);
    expect(forebay.simulator.calls().map(({ ending }) => ending)).toEqual(['client_gone']);
    expect(forebay.simulator.requests()).toHaveLength(1);
  });

  it('whose deadline is brought forward stops its call then', async () => {
    const stage = await setStage();
    const { api, forebay } = stage;
    await forebay.startWorker('pool', poolOnly);
    const [id = ''] = await submitHeld(stage, 1);
    const change = { body: { timeout_seconds: 1 }, headers: { 'if-match': '*' } };
    const answer = await api.call(`/v1/jobs/${id}`, { method: 'PATCH', ...change });
    expect(answer.json()).toMatchObject({ status: 'running' });
    const [job] = await expectAllWell(stage, [id]);
    expect(job?.status).toBe('expired');
    expect(job?.attempts).toMatchObject([{ outcome: 'deadline', cost: { basis: 'worst_case' } }]);
    expect(forebay.simulator.requests()).toHaveLength(1);
  });

  it('whose ceiling is raised can go to a model that was too dear', async () => {
    const stage = await setStage();
    const { api, forebay } = stage;
    await forebay.startWorker('pool', poolOnly);
    forebay.simulator.hold({ model: 'alpha' });
    // Enough for alpha and not for beta, which costs twice as much.
    const prompt = '[[sim:server_error]] again';
    const id = await submit(stage, prompt, { max_cost_usd: '0.0011' });
    expect(await forebay.simulator.waitForHeld(1, 5_000)).toBe(true);
    const change = { body: { max_cost_usd: '0.05' }, headers: { 'if-match': '*' } };
    const answer = await api.call(`/v1/jobs/${id}`, { method: 'PATCH', ...change });
    expect(answer.json()).toMatchObject({ status: 'running', cost: { ceiling: '0.05' } });
    forebay.simulator.release({ model: 'alpha' });
    const [job] = await expectAllWell(stage, [id]);
    expect(job?.attempts.map(({ model }) => model).slice(0, 2)).toEqual(['alpha', 'beta']);
  });

  it('whose stored request is gone fails at once and costs nothing', async () => {
    const stage = await setStage(twoModels.replaceAll('100000', '10000000'));
    const { forebay } = stage;
    // Random text, because anything else would be compressed and stand in the store.
    const prompt = randomBytes(400_000).toString('base64');
    const id = await submit(stage, prompt, { max_cost_usd: '20' });
    rmSync(join(forebay.dataDir, 'objects'), { recursive: true });
    const pool = await forebay.startWorker('pool', poolOnly);
    const [job] = await expectAllWell(stage, [id]);
    expect(job?.status).toBe('failed');
    expect(job?.raw['error']).toMatchObject({ code: 'payload_unreadable' });
    expect(job?.attempts).toMatchObject([
      { outcome: 'payload_unreadable', cost: { charged: '0' } },
    ]);
    expect(job?.cost).toMatchObject({ spent: '0', unknown: '0' });
    expect(pool.output()).toContain('"payload.unreadable"');
    expect(forebay.simulator.requests()).toEqual([]);
  });
});

describe('a worker that is told to go', () => {
  it('lets calls end within its grace and hands the others back, uncounted', async () => {
    const stage = await setStage();
    const { forebay } = stage;
    const leaving = await forebay.startWorker('leaving', poolOnly);
    const quick = await submitHeld(stage, 5, 'beta');
    const slow = await submitHeld(stage, 5, 'alpha');
    await forebay.startWorker('staying', poolOnly);
    const gone = leaving.kill('SIGTERM');
    await leaving.waitForOutput(/worker\.stopping/);
    forebay.simulator.release({ model: 'beta' });
    await gone;
    expect(await leaving.exited).toEqual({ code: 0, signal: null });
    forebay.simulator.release({ model: 'alpha' });
    const jobs = await expectAllWell(stage, [...quick, ...slow]);
    expect(statuses(jobs)).toEqual(new Set(['succeeded']));
    for (const job of jobs.slice(0, quick.length)) expect(job.attempts).toHaveLength(1);
    for (const { attempts } of await readRecords(stage, slow)) {
      expect(attempts.map(({ worker, end }) => [worker, end?.outcome, end?.counted])).toEqual([
        ['leaving', 'shutdown', false],
        ['staying', 'succeeded', true],
      ]);
    }
  });

  it('and told so twice leaves at once; its job ends elsewhere', async () => {
    const stage = await setStage();
    const { forebay } = stage;
    const pressed = await forebay.startWorker('pressed', {
      ...poolOnly,
      FOREBAY_SHUTDOWN_GRACE_MS: '60000',
    });
    const ids = await submitHeld(stage, 2);
    void pressed.kill('SIGTERM');
    await pressed.waitForOutput(/worker\.stopping/);
    await pressed.kill('SIGTERM');
    expect(await pressed.exited).toEqual({ code: 1, signal: null });
    await forebay.startWorker('staying', poolOnly);
    forebay.simulator.release({ model: 'alpha' });
    const jobs = await expectAllWell(stage, ids);
    expect(statuses(jobs)).toEqual(new Set(['succeeded']));
  });
});

describe('a worker that stands still past its lease', () => {
  it('cannot end a job that has moved on, and its late answer is accounted for', async () => {
    const stage = await setStage();
    const { forebay, api } = stage;
    const frozen = await forebay.startWorker('frozen', poolOnly);
    const ids = await submitHeld(stage, 5);
    await forebay.startWorker('living', poolOnly);
    await frozen.kill('SIGSTOP');
    // Held calls of both workers: every job runs elsewhere before the first answer is read.
    expect(await forebay.simulator.waitForHeld(10, 15_000, { model: 'alpha' })).toBe(true);
    forebay.simulator.release({ model: 'alpha' });
    await readAllEnded(api, ids);
    await frozen.kill('SIGCONT');
    await waitUntil(() => count(frozen.output(), 'attempt.ended') >= ids.length, {
      what: 'the frozen worker to see its attempts end',
    });
    const jobs = await expectAllWell(stage, ids);
    expect(statuses(jobs)).toEqual(new Set(['succeeded']));
    for (const { attempts } of await readRecords(stage, ids)) {
      expect(attempts.map(({ worker }) => worker)).toEqual(['frozen', 'living']);
    }
    expect(frozen.output()).not.toMatch(/"job\.ended"|"answer\.adopted"/);
  });
});

function count(text: string, event: string): number {
  return text.split(`"${event}"`).length - 1;
}

describe('a paid answer', () => {
  it('outlives a store that is away for longer than a lease', async () => {
    const stage = await setStage();
    const { forebay } = stage;
    const workers = await Promise.all([
      forebay.startWorker('w1', poolOnly),
      forebay.startWorker('w2', poolOnly),
    ]);
    const ids = await submitHeld(stage, 20);
    await redis().server.kill('SIGKILL');
    const goneAtMs = Date.now();
    forebay.simulator.release({ model: 'alpha' });
    expect(await forebay.simulator.waitForCalls(ids.length, 10_000)).toBe(true);
    const ended = () => workers.reduce((sum, w) => sum + count(w.output(), 'attempt.ended'), 0);
    await waitUntil(() => ended() === ids.length && Date.now() > goneAtMs + 2 * leaseMs, {
      what: 'all answers to be kept, and all leases to run out',
    });
    await redis().restart();
    const jobs = await expectAllWell(stage, ids);
    expect(statuses(jobs)).toEqual(new Set(['succeeded']));
    for (const job of jobs) expect(job.attempts).toHaveLength(1);
    expect(forebay.simulator.requests()).toHaveLength(ids.length);
  });

  it('in the journal of a killed worker is adopted when that worker starts again', async () => {
    const stage = await setStage();
    const { forebay, api } = stage;
    const killed = await forebay.startWorker('same-name', {
      ...poolOnly,
      FOREBAY_CRASH_AT: 'worker.after-journal',
    });
    const [id = ''] = await submitMany(stage, 1);
    expect((await killed.exited).signal).toBe('SIGKILL');
    await waitUntil(async () => (await api.read(id)).status === 'queued', {
      what: 'the job to be taken from its dead worker',
    });
    const restarted = await forebay.startWorker('same-name', poolOnly);
    const [job] = await expectAllWell(stage, [id]);
    expect(job?.status).toBe('succeeded');
    expect(job?.attempts).toMatchObject([{ outcome: 'succeeded', cost: { basis: 'exact' } }]);
    expect(job?.cost.unknown).toBe('0');
    expect(restarted.output()).toContain('"answer.adopted"');
    expect(forebay.simulator.requests()).toHaveLength(1);
  });
});

describe('two dispatchers and three pools', () => {
  it('end each of 100 mixed jobs once', async () => {
    const stage = await setStage();
    const { forebay, api } = stage;
    await Promise.all([
      forebay.startWorker('second', { FOREBAY_ROLES: 'dispatcher,webhooks' }),
      ...['w1', 'w2', 'w3'].map((name) => forebay.startWorker(name, poolOnly)),
    ]);
    const ids = await Promise.all(
      Array.from({ length: 100 }, (_, n) => {
        const kind = mixedJob(n);
        return submit(stage, `job ${n} ${kind.prompt}`, { priority: n % 10, ...kind.changes });
      }),
    );
    const cancels = ids.filter((_, n) => n % 7 === 3);
    await Promise.all(cancels.map((id) => api.call(`/v1/jobs/${id}/cancel`, { method: 'POST' })));
    const jobs = await expectAllWell(stage, ids);
    for (const job of jobs) {
      expect(eventTypes(stage, job.id)).toEqual([`job.${job.status}`]);
      const answers = job.attempts.filter(({ outcome }) => outcome === 'succeeded').length;
      // A cancel can meet an answer that was on its way: paid for, and not shown.
      if (job.status !== 'cancelled') expect(answers).toBe(job.status === 'succeeded' ? 1 : 0);
    }
    const untouched = jobs.filter((job, n) => n % 5 !== 0 && !cancels.includes(job.id));
    expect(statuses(untouched)).toEqual(new Set(['succeeded']));
  });
});

interface MixedJob {
  readonly prompt: string;
  readonly changes: Readonly<Record<string, unknown>>;
}

/** Jobs of every fifth kind run into their deadline; all others can succeed. */
function mixedJob(n: number): MixedJob {
  const startAt = new Date(Date.now() + 500).toISOString();
  const kinds: readonly MixedJob[] = [
    { prompt: '[[sim:latency ms=9000]]', changes: { timeout_seconds: 3 } },
    { prompt: '[[sim:latency ms=400]]', changes: { model: 'beta' } },
    { prompt: '[[sim:server_error status=503 model=alpha]]', changes: {} },
    { prompt: 'starts later', changes: { run_at: startAt } },
    { prompt: 'a plain one', changes: {} },
  ];
  return kinds[n % kinds.length] ?? { prompt: 'a plain one', changes: {} };
}
