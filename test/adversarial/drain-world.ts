/**
 * Brings a world to rest as workers and dispatchers would: whatever runs is answered, whatever is
 * due is looked at, nobody submits any more. Then every job must have ended, and none may have
 * been kept waiting for money that was there.
 */
import { newToken } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import { isTerminal, type TerminalJobState } from '@forebay/shared/domain/job-state';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import { expect } from 'vitest';
import { answeredFor } from '../support/store.ts';
import { concerns, usedOf } from './money-world.ts';
import { leaseMs, plannedFor } from './step-calls.ts';
import { look } from './store-world.ts';
import { writeTerms } from './take-step.ts';
import { batchCeiling, type Sight, type World } from './world.ts';

const minuteMs = 60_001;
const dayMs = 86_400_000;
const roundsMax = 60;

export async function drain(world: World): Promise<void> {
  await writeTerms(world, (terms) => ({ ...terms, paused: false, inFlight: [] }));
  for (let round = 0; round < roundsMax; round += 1) {
    const sight = await look(world);
    const live = [...sight.values()].filter(({ record }) => !isTerminal(record.state));
    if (live.length === 0) return;
    let moved = false;
    for (const { record, due } of live) moved = (await lookAfter(world, record, due)) || moved;
    if (!moved) await expectNoRoom(world);
    world.store.advance(moved ? minuteMs : dayMs);
  }
  expect.unreachable('a world did not come to rest');
}

/** What the due sweeper or a worker would do with a job. @returns whether it went on. */
async function lookAfter(world: World, record: JobRecord, due: string | null): Promise<boolean> {
  const { jobs } = world.store;
  const nowMs = await jobs.nowMs();
  const ref = { id: record.id, tenant: record.tenant, fence: record.fence };
  if (record.state === 'running' || record.state === 'cancelling') {
    return end(world, record, 'succeeded');
  }
  if (record.deadlineAtMs <= nowMs) return end(world, record, 'expired');
  if (record.state === 'queued' && record.waitsFor === undefined) {
    const claim = { token: newToken('claim'), worker: 'w1', leaseMs, reservation: undefined };
    const { model } = record;
    await jobs.claim({ ...ref, ...claim, model, deployment: `${model}/main` });
    return true;
  }
  if (Number(due) > nowMs) return false;
  const fed = await jobs.feed({ ...ref, reservation: plannedFor(record) });
  if (fed.kind === 'over_ceiling' || fed.kind === 'over_budget')
    return end(world, record, 'failed');
  return fed.kind === 'fed';
}

async function end(world: World, record: JobRecord, to: TerminalJobState): Promise<boolean> {
  const { id, tenant, fence, money } = record;
  const attempt: AttemptSettlement | undefined =
    to === 'succeeded' ? answeredFor(fence, money.reserved / 2n) : undefined;
  const settled = await world.store.jobs.settle({
    ...{ id, tenant, fence, attempt, to },
    settlement: newToken('settle'),
    from: attempt === undefined ? ['queued', 'scheduled'] : ['running', 'cancelling'],
    reason: { code: to, text: to },
    error: undefined,
    usage: undefined,
    sealedResult: attempt === undefined ? undefined : Buffer.from('answer'),
  });
  expect(settled.kind).toBe('settled');
  return true;
}

/** Nothing runs and nothing moves: then nobody in line may fit. */
async function expectNoRoom(world: World): Promise<void> {
  const sight: Sight = await look(world);
  for (const { record } of sight.values()) {
    if (record.waitsFor === undefined) continue;
    expect(await fits(world, record), `${record.id} waits for money that is there`).toBe(false);
  }
}

async function fits(world: World, record: JobRecord): Promise<boolean> {
  const { store, terms } = world;
  const amount = plannedFor(record);
  const nowMs = await store.jobs.nowMs();
  const leftOf = async (account: string, limit: bigint) => {
    const sums = await store.client.hgetall(`${store.keys.money(world.tenant)}:${account}`);
    return limit - usedOf(sums, world.accounts.get(account) ?? { kind: 'total' }, nowMs);
  };
  const mine = terms.budgets.filter(({ subject }) => concerns(subject, record.spec.keyId));
  const lefts = await Promise.all(mine.map(({ id, limitNanoUsd }) => leftOf(id, limitNanoUsd)));
  if (record.spec.batchId !== undefined) {
    lefts.push(await leftOf(`batch:${world.batchId}`, batchCeiling));
  }
  return lefts.every((left) => amount <= left);
}
