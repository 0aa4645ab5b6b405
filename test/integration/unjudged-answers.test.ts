/** An answer that misses its form, when its journal is read after its worker died (S6, S7). */
import type { NewJob, SettleRequest } from '@forebay/shared/ports/job-store';
import { endMissed } from '@forebay/worker/execution/end-missed';
import { judgeMiss } from '@forebay/worker/settlement/judge-attempt';
import { expect, test } from 'vitest';
import { claim, leaseMs, moveTo, mustRead, success } from '../conformance/job-calls.ts';
import { movingDeps } from '../support/moving-deps.ts';
import { useRedis } from '../support/redis.ts';
import { candidateFor, newJob, plainSpec, planFor, useStore } from '../support/store.ts';

const redis = useRedis();

/** By the prices of the sample model, so that a new plan agrees. */
const worst = 4_050_000n;
const cost = 100n;
const miss = {
  errorClass: 'malformed_output',
  code: undefined,
  message: '$.price must be number',
} as const;

async function setScene() {
  const store = await useStore(redis().url, { leaseMs });
  const job: NewJob = {
    ...newJob(),
    spec: { ...plainSpec, riskRetries: 1 },
    plan: planFor(candidateFor('alpha', worst)),
    ceiling: 10n * worst,
    reservation: worst,
  };
  await store.jobs.admit(job);
  await claim(store.jobs, job);
  const request = success(job, 2, cost);
  const read = () => mustRead(store.jobs, job);
  const end = () => endMissed(movingDeps(store), request, endOf(request));
  return { store, job, read, end };
}

function endOf({ attempt }: SettleRequest) {
  if (attempt === undefined) throw new Error('the settlement is one of an attempt');
  return judgeMiss(attempt.end, miss);
}

const attempted = [{ end: { outcome: 'malformed_output', costNanoUsd: cost, costIs: 'exact' } }];

test('goes on like any failed attempt while nobody has given the job up', async () => {
  const { read, end } = await setScene();
  await end();
  const moved = await read();
  expect(moved).toMatchObject({ state: 'queued', fence: 3, attempts: attempted });
  expect(moved.money).toMatchObject({ spent: cost, unknown: 0n });
  // What it was on before stands on the job, in brief.
  expect(moved.moves).toMatchObject([
    {
      n: 1,
      from: 'alpha',
      to: 'alpha',
      reason: moved.statusReason,
      compared: [{ model: 'alpha' }],
    },
  ]);
  await end();
  expect(await read()).toEqual(moved);
});

test('costs what it cost, and no more its worst case, where the job was given up', async () => {
  const { store, job, read, end } = await setScene();
  store.advance(leaseMs + 1);
  const plan = planFor(candidateFor('alpha', worst));
  const lost = moveTo(job, 'alpha', { plan, reservation: worst });
  expect((await store.jobs.reassign(lost)).kind).toBe('reassigned');
  expect((await read()).money).toMatchObject({ spent: 0n, unknown: 400n });
  await end();
  const corrected = await read();
  expect(corrected).toMatchObject({ state: 'queued', hasResult: false, attempts: attempted });
  expect(corrected.money).toMatchObject({ spent: cost, unknown: 0n, reserved: worst });
  await end();
  expect(await read()).toEqual(corrected);
});

test('ends a job that its caller wants cancelled', async () => {
  const { store, job, read, end } = await setScene();
  await store.jobs.cancel(job);
  await end();
  const ended = await read();
  expect(ended).toMatchObject({ state: 'cancelled', attempts: attempted });
  expect(ended.money).toMatchObject({ spent: cost, unknown: 0n, reserved: 0n });
});
