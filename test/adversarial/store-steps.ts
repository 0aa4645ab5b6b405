/**
 * What can happen to jobs, as data that fast-check makes and shrinks. A step names a job by number
 * and amounts by percent, so that every step means something in every world.
 */
import { newJobId, newToken } from '@forebay/shared/domain/ids';
import type { Attempt, JobRecord } from '@forebay/shared/domain/job';
import type { AttemptSettlement, NewJob } from '@forebay/shared/ports/job-store';
import fc from 'fast-check';
import { expect } from 'vitest';
import {
  answeredFor,
  candidateFor,
  lostFor,
  newJob,
  plainSpec,
  planFor,
} from '../support/store.ts';
import {
  checkStep,
  endpointId,
  look,
  type Sight,
  versionsOf,
  type World,
  worldKeyId,
} from './store-world.ts';

/** How an attempt ends, for those who report it. */
type End = 'answered' | 'refused' | 'ambiguous' | 'lost';

/** Of the reply: lost, so that the call is made twice. */
interface Made {
  readonly job: number;
  readonly twice: boolean;
}

export type Step =
  | (Made & { kind: 'admit'; percent: number; startsInMs: number | undefined })
  | (Made & { kind: 'feed'; percent: number })
  | (Made & { kind: 'claim'; stale: boolean; percent: number | undefined })
  | (Made & { kind: 'renew'; stale: boolean })
  /** `back` 0 is the newest attempt, 1 the one before: a late answer. */
  | (Made & { kind: 'settle'; back: number; end: End; percent: number })
  | (Made & { kind: 'expire' })
  | (Made & { kind: 'reassign'; end: End | undefined; percent: number; reservePercent: number })
  | (Made & { kind: 'cancel' })
  | (Made & { kind: 'change'; stale: boolean } & Change)
  | { kind: 'repeat'; call: number }
  | { kind: 'advance'; byMs: number };

/** `undefined` keeps what stands. */
interface Change {
  readonly priority: number | undefined;
  readonly deadlineInMs: number | undefined;
  readonly ceilingPercent: number | undefined;
}

const ends = fc.constantFrom<End[]>('answered', 'answered', 'lost', 'lost', 'refused', 'ambiguous');
const percent = fc.integer({ min: 0, max: 100 });
const rarely = fc.integer({ min: 0, max: 9 }).map((number) => number === 9);
const made = { job: fc.nat(2), twice: fc.boolean() };

/** Far enough from the test's own time: what a step does must not depend on how fast it ran. */
const startsInMs = fc.constantFrom<(number | undefined)[]>(undefined, undefined, 5_000, 20_000);

const kind = <Kind extends Step['kind']>(name: Kind) => fc.constant(name);

/** The higher the weight the more often; most lives are to get far. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: kind('admit'), ...made, percent, startsInMs }) },
    { weight: 2, arbitrary: fc.record({ kind: kind('feed'), ...made, percent: fc.nat(200) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: kind('claim'),
        ...made,
        stale: rarely,
        percent: fc.option(percent, { nil: undefined }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: kind('renew'), ...made, stale: rarely }) },
    {
      weight: 5,
      arbitrary: fc.record({ kind: kind('settle'), ...made, back: fc.nat(2), end: ends, percent }),
    },
    { weight: 1, arbitrary: fc.record({ kind: kind('expire'), ...made }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: kind('reassign'),
        ...made,
        end: fc.option(ends, { nil: undefined }),
        percent,
        reservePercent: fc.nat(60),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: kind('cancel'), ...made }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: kind('change'),
        ...made,
        stale: rarely,
        priority: fc.option(fc.nat(9), { nil: undefined }),
        deadlineInMs: fc.constantFrom(undefined, undefined, 60_000, 240_000),
        ceilingPercent: fc.option(fc.nat(200), { nil: undefined }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: kind('repeat'), call: fc.nat() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: kind('advance'),
        byMs: fc.constantFrom(1, 5_000, 20_000, 120_000),
      }),
    },
  ),
  { minLength: 20, maxLength: 60, size: 'max' },
);

const ceiling = 1_000_003n;
const share = (amount: bigint, part: number): bigint => (amount * BigInt(part)) / 100n;

function settlementOf(attempt: Attempt, end: End, part: number): AttemptSettlement {
  const { fence, reservedNanoUsd } = attempt;
  const worst = lostFor(fence, reservedNanoUsd);
  switch (end) {
    case 'answered':
      return answeredFor(fence, share(reservedNanoUsd, part));
    case 'lost':
      return worst;
    case 'ambiguous':
      return { fence, end: { ...worst.end, outcome: 'timeout' } };
    case 'refused':
      return {
        fence,
        end: {
          ...worst.end,
          outcome: 'overloaded',
          ambiguity: 'refused',
          costNanoUsd: 0n,
          costIs: 'none',
        },
      };
  }
}

/** One step from a world that has just been seen; gives the sight after it. */
export async function takeStep(world: World, step: Step, before: Sight): Promise<Sight> {
  if (step.kind === 'advance') {
    world.store.advance(step.byMs);
    return look(world);
  }
  if (step.kind === 'repeat') return repeatCall(world, step.call, before);
  const call = await callFor(world, step, before);
  if (call === undefined) return before;
  const first = await call();
  world.answers.add(`${step.kind} ${first.kind}`);
  const after = await look(world);
  checkStep(before, after);
  if (first.kind === 'adopted') expect(step.kind === 'settle' && step.back, 'W8').toBe(0);
  if (changed(before, after)) world.calls.push({ text: JSON.stringify(step), run: call });
  if (!step.twice) return after;
  const again = await call();
  // A repeated cancel says where the job stands by then, a renewal how much time is left by then.
  const tellsOfNow = step.kind === 'cancel' || step.kind === 'renew';
  if (!tellsOfNow) expect(again, `${step.kind} answered again`).toEqual(first);
  const last = await look(world);
  expect(versionsOf(last), `${step.kind} done again`).toEqual(versionsOf(after));
  checkStep(after, last);
  return last;
}

/** An old call comes again, as after a reply that was lost for long. */
async function repeatCall(world: World, pick: number, before: Sight): Promise<Sight> {
  const call = world.calls[pick % Math.max(1, world.calls.length)];
  if (call === undefined) return before;
  await call.run();
  const after = await look(world);
  checkStep(before, after);
  expect(versionsOf(after), `${call.text} came again`).toEqual(versionsOf(before));
  return after;
}

function changed(before: Sight, after: Sight): boolean {
  return JSON.stringify(versionsOf(before)) !== JSON.stringify(versionsOf(after));
}

type JobStep = Exclude<Step, { kind: 'repeat' | 'advance' }>;
type Make = () => Promise<{ readonly kind: string }>;

async function callFor(world: World, step: JobStep, sight: Sight): Promise<Make | undefined> {
  if (step.kind === 'admit') return world.jobs.length > 2 ? undefined : admit(world, step);
  const job = world.jobs[step.job % Math.max(1, world.jobs.length)];
  const record = job === undefined ? undefined : sight.get(job.id)?.record;
  return job === undefined || record === undefined
    ? undefined
    : actOn(world, step, { job, record });
}

async function admit(world: World, step: Extract<Step, { kind: 'admit' }>): Promise<Make> {
  const { jobs } = world.store;
  const nowMs = await jobs.nowMs();
  const scheduled = step.startsInMs !== undefined;
  const webhook = {
    url: 'https://example.com/',
    endpointId,
    events: ['job.succeeded', 'job.failed', 'job.cancelled', 'job.expired', 'job.reassigned'],
  } as const;
  const job = newJob({
    id: newJobId(),
    tenant: world.tenant,
    ceiling,
    reservation: scheduled ? 0n : share(ceiling, step.percent),
    runAtMs: step.startsInMs === undefined ? undefined : nowMs + step.startsInMs,
    deadlineAtMs: nowMs + 120_000,
    spec: { ...plainSpec, keyId: worldKeyId, webhook },
  });
  world.jobs.push(job);
  return () => jobs.admit(job);
}

interface Subject {
  readonly job: NewJob;
  readonly record: JobRecord;
}

function actOn(
  world: World,
  step: Exclude<JobStep, { kind: 'admit' }>,
  subject: Subject,
): Make | Promise<Make> | undefined {
  const { jobs } = world.store;
  const { job, record } = subject;
  const ref = { id: job.id, tenant: job.tenant };
  switch (step.kind) {
    case 'cancel':
      return () => jobs.cancel(ref);
    case 'change':
      return change(world, step, subject);
    case 'feed': {
      const reservation = share(ceiling, step.percent);
      return () => jobs.feed({ ...ref, fence: record.fence, reservation });
    }
    case 'claim':
      return claim(world, step, subject);
    case 'renew': {
      const token = tokens.get(`${job.id} ${record.fence}`) ?? 'claim_none';
      const fence = record.fence - (step.stale ? 1 : 0);
      return () => jobs.renew({ ...ref, fence, token, leaseMs });
    }
    case 'settle':
      return settle(world, step, subject);
    case 'expire': {
      const settlement = newToken('settle');
      return () =>
        jobs.settle({
          ...ref,
          settlement,
          fence: record.fence,
          from: ['queued', 'scheduled'],
          attempt: undefined,
          to: 'expired',
          reason: { code: 'deadline_exceeded', text: 'late' },
          error: { code: 'deadline_exceeded', message: 'late', class: undefined },
          usage: undefined,
          sealedResult: undefined,
        });
    }
    case 'reassign':
      return reassign(world, step, subject);
  }
}

async function change(
  { store }: World,
  step: Extract<Step, { kind: 'change' }>,
  { job, record }: Subject,
): Promise<Make> {
  const { id, tenant } = job;
  const { priority, deadlineInMs, ceilingPercent } = step;
  const nowMs = await store.jobs.nowMs();
  const request = {
    ...{ id, tenant, priority },
    version: record.version - (step.stale ? 1 : 0),
    mark: newToken('change'),
    deadlineAtMs: deadlineInMs === undefined ? undefined : nowMs + deadlineInMs,
    ceiling: ceilingPercent === undefined ? undefined : share(ceiling, ceilingPercent),
  };
  return () => store.jobs.change(request);
}

const leaseMs = 15_000;

/** By job and fence of the claim, so that the holder can renew. */
const tokens = new Map<string, string>();

function claim(
  { store }: World,
  step: Extract<Step, { kind: 'claim' }>,
  { job, record }: Subject,
): Make {
  const token = newToken('claim');
  const fence = record.fence - (step.stale ? 1 : 0);
  tokens.set(`${job.id} ${fence + 1}`, token);
  const part = step.percent;
  return () =>
    store.jobs.claim({
      id: job.id,
      tenant: job.tenant,
      fence,
      token,
      worker: 'w1',
      leaseMs,
      model: record.model,
      deployment: `${record.model}/main`,
      reservation: part === undefined ? undefined : share(record.money.reserved, part),
    });
}

function settle(
  { store }: World,
  step: Extract<Step, { kind: 'settle' }>,
  { job, record }: Subject,
): Make | undefined {
  const attempt = record.attempts.at(-1 - step.back);
  if (attempt === undefined) return undefined;
  const settlement = settlementOf(attempt, step.end, step.percent);
  const succeeded = step.end === 'answered';
  if (step.end === 'lost') endLease(store, record);
  const named = newToken('settle');
  return () =>
    store.jobs.settle({
      settlement: named,
      id: job.id,
      tenant: job.tenant,
      fence: attempt.fence,
      from: ['running', 'cancelling'],
      attempt: settlement,
      to: succeeded ? 'succeeded' : 'failed',
      reason: { code: step.end, text: step.end },
      error: succeeded
        ? undefined
        : { code: 'provider_error', message: step.end, class: undefined },
      usage: undefined,
      sealedResult: succeeded ? Buffer.from('answer') : undefined,
    });
}

function reassign(
  { store }: World,
  step: Extract<Step, { kind: 'reassign' }>,
  { job, record }: Subject,
): Make | undefined {
  const attempt = record.attempts.at(-1);
  const { end } = step;
  if (end !== undefined && attempt === undefined) return undefined;
  const settlement =
    end === undefined || attempt === undefined
      ? undefined
      : settlementOf(attempt, end, step.percent);
  const model = record.model === 'alpha' ? 'beta' : 'alpha';
  const reservation = share(ceiling, step.reservePercent);
  if (end === 'lost') endLease(store, record);
  return () =>
    store.jobs.reassign({
      id: job.id,
      tenant: job.tenant,
      fence: record.fence,
      from: [settlement === undefined ? 'queued' : 'running'],
      attempt: settlement,
      workerDied: end === 'lost',
      model,
      plan: planFor(candidateFor(model, reservation)),
      whyChosen: 'next',
      reservation,
      notBeforeMs: 0,
      reason: { code: 'reassigned', text: 'moved' },
      whenShort: 'refuse',
    });
}

/** Only an ended lease can be lost. */
function endLease(store: World['store'], record: JobRecord): void {
  if (record.leaseUntilMs !== undefined) store.advance(leaseMs + 1);
}
