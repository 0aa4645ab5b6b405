/**
 * A world of a few jobs of one tenant on a real store, and what must be true of it at any time.
 *
 * W1. spent + unknown + reserved never passes the ceiling, and nothing is ever below zero.
 * W2. What the records hold is what the tenant's account holds.
 * W3. States move as `domain/job-state.ts` says; one that has ended never moves again.
 * W4. The version grows by one with every change and never without; the fence grows by one with
 *     every claim, also one that ends in line, every move, and every change that a waiting job's
 *     ticket would have to tell, and never else.
 * W5. The due set holds exactly the jobs that have not ended.
 * W6. A job that ended has told so in exactly one event; one that has not, in none.
 * W7. What was charged is what the attempts say.
 * W8. A late answer is adopted only from the newest attempt that was sent.
 * W9. The ledger's entries add up to what the tenant's account says, and tell of each end once.
 * W10. A key's count of waiting jobs is how many of its jobs wait (`money-world.ts`, M6).
 * W11. The premium of each promotion stands in the ledger once, the newest one on its job.
 * W12. The audit of money finds nothing wrong at the end of a life (`live.ts`).
 *
 * What must be true of the money of many jobs together stands in `money-world.ts`.
 */
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import { isTerminal, jobMoves } from '@forebay/shared/domain/job-state';
import type { NewJob } from '@forebay/shared/ports/job-store';
import { decodeRecord } from '@forebay/shared/redis/record-codec';
import { expect } from 'vitest';
import { holds, same, sameTexts } from './invariants.ts';
import { checkMoney } from './money-world.ts';
import type { JobSight, Sight, World } from './world.ts';

/** Reads a record, and what it says unless that is known: most looks see most jobs unchanged. */
async function lookAtJob({ store, sight }: World, job: NewJob): Promise<JobSight> {
  const { due, job: key } = store.keys.job(job.tenant, job.id);
  const [fields, score] = await Promise.all([
    store.client.hgetall(key),
    store.client.zscore(due, `${job.tenant}/${job.id}`),
  ]);
  const seen = sight.get(job.id);
  if (seen !== undefined && areSame(seen.fields, fields)) return { ...seen, due: score };
  const record = decodeRecord(new Map(Object.entries(fields)));
  if (!isRecord(record)) throw new Error('an admitted job is missing');
  return { record, fields, due: score };
}

type Fields = JobSight['fields'];

function areSame(left: Fields, right: Fields, except?: string): boolean {
  const names = Object.keys(right);
  return (
    names.length === Object.keys(left).length &&
    names.every((name) => name === except || left[name] === right[name])
  );
}

async function readOn({ store, tenant, ledger }: World): Promise<void> {
  const key = store.keys.ledger(store.keys.shardOf(tenant));
  for (const [id, words] of await store.client.xrange(key, `(${ledger.lastId}`, '+')) {
    ledger.lastId = id;
    const pairs = words.flatMap((name, index) =>
      index % 2 === 0 ? [[name, words[index + 1] ?? '']] : [],
    );
    // Names and values in turn, as streams keep them.
    const entry = Object.fromEntries(pairs) as Record<string, string>;
    if (entry['tenant'] === tenant) ledger.entries.push(entry);
  }
}

/** Looks at every job and at all accounts, and checks what must be true at any time. */
export async function look(world: World): Promise<Sight> {
  const { store, tenant } = world;
  const events = store.keys.endpoint(store.keys.shardOf(tenant), world.endpointId).events;
  const [sights, told] = await Promise.all([
    Promise.all(world.jobs.map((job) => lookAtJob(world, job))),
    store.client.hvals(events),
    readOn(world),
  ]);
  for (const sight of sights) checkJob(sight);
  checkEvents(sights, told);
  await checkMoney(world, sights);
  checkLedger(world, sights);
  world.sight = new Map(sights.map((sight) => [sight.record.id, sight]));
  return world.sight;
}

function checkLedger({ ledger }: World, sights: readonly JobSight[]): void {
  const { entries } = ledger;
  for (const field of ['spent', 'unknown'] as const) {
    const sum = entries.reduce((total, entry) => total + BigInt(entry[field] ?? ''), 0n);
    const held = sights.reduce((total, { record }) => total + record.money[field], 0n);
    same(sum, held, `W9 ${field}`);
  }
  const ends = entries.filter(({ ends }) => ends === '1').map(({ job }) => job ?? '');
  const ended = sights.filter(({ record }) => isTerminal(record.state));
  sameTexts(
    ends,
    ended.map(({ record }) => record.id),
    'W9 ends',
  );
  const attempts = entries.filter(({ start, late }) => start !== '' && late === '');
  const over = sights.flatMap(({ record }) => record.attempts.filter(({ end }) => end));
  same(attempts.length, over.length, 'W9 attempts');
  checkPremiums(entries, sights);
}

function checkPremiums(entries: World['ledger']['entries'], sights: readonly JobSight[]): void {
  const told = entries.filter(({ premium }) => premium !== undefined);
  same(new Set(told.map(({ premium }) => premium)).size, told.length, 'W11 told twice');
  for (const { record } of sights) {
    const newest = told.findLast(({ job }) => job === record.id);
    same(record.promotion?.premiumNanoUsd.toString(), newest?.['premium'], 'W11');
  }
}

function checkJob({ record, due }: JobSight): void {
  const { ceiling, reserved, spent, unknown } = record.money;
  holds(spent + unknown + reserved <= ceiling, 'W1 ceiling');
  holds(reserved >= 0n && spent >= 0n && unknown >= 0n, 'W1 below zero');
  const ended = isTerminal(record.state);
  if (ended) same(reserved, 0n, 'W1 an ended job reserves');
  same(due === null, ended, `W5 ${record.state}`);
  if (record.leaseUntilMs !== undefined) same(Number(due), record.leaseUntilMs, 'W5');
  else if (!ended) holds(Number(due) <= record.deadlineAtMs, 'W5 deadline');
  const charged = (costIs: string): bigint =>
    record.attempts.reduce(
      (sum, { end }) => sum + (end?.costIs === costIs ? end.costNanoUsd : 0n),
      0n,
    );
  same(spent, charged('exact'), 'W7 spent');
  same(unknown, charged('worst_case'), 'W7 unknown');
}

interface ToldEvent {
  readonly type: string;
  readonly job: string;
}

function checkEvents(sights: readonly JobSight[], told: readonly string[]): void {
  // Written by the job scripts only; this reads two of their fields.
  const events = told.map((text) => JSON.parse(text) as ToldEvent);
  const ends = events.filter(({ type }) => type !== 'job.reassigned');
  const ended = sights.filter(({ record }) => isTerminal(record.state));
  sameTexts(
    ends.map(({ job, type }) => `${job} ${type}`),
    ended.map(({ record }) => `${record.id} job.${record.state}`),
    'W6',
  );
}

const movesOn: ReadonlySet<string> = new Set(['claim', 'reassign', 'promote']);

/** Compares two sights with one call between them. */
export function checkStep(before: Sight, after: Sight, kind: string): void {
  for (const [id, { record, fields }] of after) {
    const { record: was, fields: hadFields = {} } = before.get(id) ?? {};
    if (was === record) continue;
    if (was === undefined) {
      expect(record, 'W4 a new job').toMatchObject({ version: 1, fence: 1 });
      continue;
    }
    // A renewal prolongs the lease and changes nothing that anybody waits for.
    const changed = !areSame(hadFields, fields, 'lease_until');
    expect(record.version - was.version, 'W4 version').toBe(changed ? 1 : 0);
    const moves = movesOn.has(kind) || needsNewTicket(was, record);
    expect(record.fence - was.fence, 'W4 fence').toBe(changed && moves ? 1 : 0);
    if (record.state === was.state) continue;
    expect(isTerminal(was.state), 'W3 an ended job moved').toBe(false);
    const isLegal = jobMoves.some((move) => move.from === was.state && move.to === record.state);
    expect(isLegal, `W3 ${was.state} -> ${record.state}`).toBe(true);
  }
}

/** A scheduled job has no ticket yet, but perhaps somebody who acts on what stood before. */
function needsNewTicket(was: JobRecord, now: JobRecord): boolean {
  if (was.state !== now.state) return false;
  if (now.state === 'scheduled') return was.version !== now.version;
  const tells = was.priority !== now.priority || was.deadlineAtMs !== now.deadlineAtMs;
  return now.state === 'queued' && tells;
}

export function versionsOf(sight: Sight): Readonly<Record<string, number>> {
  return Object.fromEntries([...sight].map(([id, { record }]) => [id, record.version]));
}
