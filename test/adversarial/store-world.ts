/**
 * A world of a few jobs of one tenant on a real store, and what must be true of it at any time.
 *
 * W1. spent + unknown + reserved never passes the ceiling, and nothing is ever below zero.
 * W2. What the records hold is what the tenant's account holds.
 * W3. States move as `domain/job-state.ts` says; one that has ended never moves again.
 * W4. The version grows by one with every change and never without; the fence grows by one with
 *     every claim, every move, and every change that a waiting job's ticket would have to tell,
 *     and never else.
 * W5. The due set holds exactly the jobs that have not ended.
 * W6. A job that ended has told so in exactly one event; one that has not, in none.
 * W7. What was charged is what the attempts say.
 * W8. A late answer is adopted only from the newest attempt that was sent.
 * W9. The ledger's entries add up to what the tenant's account says, and tell of each end once.
 * W10. A key's count of waiting jobs is how many of its jobs wait.
 * W11. The audit of money finds nothing wrong at the end of a life.
 */
import type { TenantId } from '@forebay/shared/domain/ids';
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import { isTerminal, jobMoves } from '@forebay/shared/domain/job-state';
import type { NewJob } from '@forebay/shared/ports/job-store';
import { expect } from 'vitest';
import { readLedger } from '../support/read-ledger.ts';
import type { TestStore } from '../support/store.ts';

export const endpointId = 'we_world';
/** Every job of the world came with it. */
export const worldKeyId = 'world-key';

export interface World {
  readonly store: TestStore;
  readonly tenant: TenantId;
  readonly jobs: NewJob[];
  /** Calls that changed something, to be repeated later. */
  readonly calls: Call[];
  /** Kinds of answers that the store has given, as `settle adopted`. */
  readonly answers: Set<string>;
}

export interface Call {
  readonly text: string;
  run(): Promise<unknown>;
}

interface JobSight {
  readonly record: JobRecord;
  /** The check time in the due set; null when it is not in there. */
  readonly due: string | null;
}

export type Sight = ReadonlyMap<string, JobSight>;

async function lookAtJob({ store }: World, job: NewJob): Promise<JobSight> {
  const { due } = store.keys.job(job.tenant, job.id);
  const [record, score] = await Promise.all([
    store.jobs.read(job),
    store.client.zscore(due, `${job.tenant}/${job.id}`),
  ]);
  if (!isRecord(record)) throw new Error('an admitted job is missing');
  return { record, due: score };
}

/** Looks at every job and at the account, and checks what must be true at any time. */
export async function look(world: World): Promise<Sight> {
  const { store, tenant } = world;
  const shard = store.keys.shardOf(tenant);
  const account = `${store.keys.due(shard).replace(/due$/, '')}money:${tenant}`;
  const events = store.keys.endpoint(shard, endpointId).events;
  const [sights, money, told, entries, queued] = await Promise.all([
    Promise.all(world.jobs.map((job) => lookAtJob(world, job))),
    store.client.hgetall(account),
    store.client.hvals(events),
    readLedger(store, tenant),
    store.client.hget(`${account}:queued`, worldKeyId),
  ]);
  for (const sight of sights) checkJob(sight);
  for (const field of ['reserved', 'spent', 'unknown'] as const) {
    const sum = sights.reduce((total, { record }) => total + record.money[field], 0n);
    expect(BigInt(money[field] ?? '0'), `W2 ${field} of the tenant`).toBe(sum);
  }
  for (const { record } of sights) checkEvents(record, told);
  for (const field of ['spent', 'unknown'] as const) {
    const sum = entries.reduce((total, entry) => total + BigInt(entry[field] ?? ''), 0n);
    expect(BigInt(money[field] ?? '0'), `W9 ${field}`).toBe(sum);
  }
  const ends = entries.filter(({ ends }) => ends === '1').map(({ job }) => job ?? '');
  const ended = sights.filter(({ record }) => isTerminal(record.state));
  expect(ends.toSorted(), 'W9 ends').toEqual(ended.map(({ record }) => record.id).toSorted());
  const waiting = sights.filter(({ record }) => /scheduled|queued/.test(record.state));
  expect(Number(queued ?? '0'), 'W10').toBe(waiting.length);
  const attempts = entries.filter(({ start, late }) => start !== '' && late === '');
  const over = sights.flatMap(({ record }) => record.attempts.filter(({ end }) => end));
  expect(attempts.length, 'W9 attempts').toBe(over.length);
  return new Map(sights.map((sight) => [sight.record.id, sight]));
}

function checkJob({ record, due }: JobSight): void {
  const { ceiling, reserved, spent, unknown } = record.money;
  expect(spent + unknown + reserved <= ceiling, 'W1 ceiling').toBe(true);
  expect(reserved >= 0n && spent >= 0n && unknown >= 0n, 'W1 below zero').toBe(true);
  const ended = isTerminal(record.state);
  if (ended) expect(reserved, 'W1 an ended job reserves').toBe(0n);
  expect(due === null, `W5 ${record.state}`).toBe(ended);
  if (record.leaseUntilMs !== undefined) expect(Number(due), 'W5').toBe(record.leaseUntilMs);
  else if (!ended) expect(Number(due), 'W5 deadline').toBeLessThanOrEqual(record.deadlineAtMs);
  const charged = (costIs: string): bigint =>
    record.attempts.reduce(
      (sum, { end }) => sum + (end?.costIs === costIs ? end.costNanoUsd : 0n),
      0n,
    );
  expect({ spent, unknown }, 'W7').toEqual({
    spent: charged('exact'),
    unknown: charged('worst_case'),
  });
}

interface ToldEvent {
  readonly type: string;
  readonly job: string;
}

function checkEvents(record: JobRecord, told: readonly string[]): void {
  const ends = told
    // Written by the job scripts only; this reads two of their fields.
    .map((text) => JSON.parse(text) as ToldEvent)
    .filter((event) => event.job === record.id && event.type !== 'job.reassigned')
    .map((event) => event.type);
  const ended = isTerminal(record.state);
  expect(ends, 'W6').toEqual(ended ? [`job.${record.state}`] : []);
}

/** Compares two sights with one call between them. */
export function checkStep(before: Sight, after: Sight): void {
  for (const [id, { record }] of after) {
    const was = before.get(id)?.record;
    if (was === undefined) {
      expect(record, 'W4 a new job').toMatchObject({ version: 1, fence: 1 });
      continue;
    }
    const raised = isClaimOrMove(was, record) || needsNewTicket(was, record);
    expect(record.fence - was.fence, 'W4 fence').toBe(raised ? 1 : 0);
    const changed = !isSame(was, record);
    expect(record.version - was.version, 'W4 version').toBe(changed ? 1 : 0);
    if (record.state === was.state) continue;
    expect(isTerminal(was.state), 'W3 an ended job moved').toBe(false);
    const isLegal = jobMoves.some((move) => move.from === was.state && move.to === record.state);
    expect(isLegal, `W3 ${was.state} -> ${record.state}`).toBe(true);
  }
}

/** In these worlds a move always goes to another model. */
function isClaimOrMove(was: JobRecord, now: JobRecord): boolean {
  if (now.state === 'running') return was.state === 'queued';
  return now.state === 'queued' && (was.state === 'running' || was.model !== now.model);
}

/** A scheduled job has no ticket yet, but perhaps somebody who acts on what stood before. */
function needsNewTicket(was: JobRecord, now: JobRecord): boolean {
  if (was.state !== now.state) return false;
  if (now.state === 'scheduled') return was.version !== now.version;
  const tells = was.priority !== now.priority || was.deadlineAtMs !== now.deadlineAtMs;
  return now.state === 'queued' && tells;
}

/** A renewal prolongs the lease and changes nothing that anybody waits for. */
function isSame(left: JobRecord, right: JobRecord): boolean {
  const bare = ({ leaseUntilMs: _lease, ...rest }: JobRecord): string =>
    JSON.stringify(rest, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
  return bare(left) === bare(right);
}

export function versionsOf(sight: Sight): Readonly<Record<string, number>> {
  return Object.fromEntries([...sight].map(([id, { record }]) => [id, record.version]));
}
