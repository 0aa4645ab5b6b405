/**
 * The money of all jobs of a world together, and what must be true of it at any time.
 *
 * M1. What is used of a budget, or of a bulk call's ceiling, never grows beyond its limit, whatever
 *     the limit was before.
 * M2. What stands in an account, window by window, is what the records and their attempts say; so
 *     is what stands in the tenant's own.
 * M3. The open set holds exactly the jobs that hold money, the line exactly those that wait for
 *     money or for a place.
 * M4. A job in line is looked at within a minute.
 * M5. The ledger's entries add up to what was charged to each account.
 * M6. The counts of running and of waiting jobs are those of the records, and those that run never
 *     grow beyond a limit.
 * M7. In a pause no claim is granted (`take-step.ts`).
 */
import type { BudgetSubject, BudgetWindow } from '@forebay/shared/domain/budget';
import type { JobRecord } from '@forebay/shared/domain/job';
import { holds, same, sameTexts } from './invariants.ts';
import { batchCeiling, type JobSight, type World } from './world.ts';

const dayMs = 86_400_000;
const rollingSteps = 60;
const stepMs = dayMs / rollingSteps;
const checkMs = 60_000;

type Sums = Readonly<Record<string, string>>;

export async function checkMoney(world: World, sights: readonly JobSight[]): Promise<void> {
  const { store, tenant } = world;
  const money = store.keys.money(tenant);
  const batch = `batch:${world.batchId}`;
  const names = [...world.accounts.keys(), batch];
  const { client } = store;
  const [nowMs, sums, open, running, queued, line, ...accounts] = await Promise.all([
    store.jobs.nowMs(),
    client.hgetall(money),
    client.smembers(`${money}:open`),
    client.hgetall(`${money}:running`),
    client.hgetall(`${money}:queued`),
    client.zrange(`${money}:waiting`, '0', '-1'),
    ...names.map((name) => client.hgetall(`${money}:${name}`)),
  ]);
  const records = sights.map(({ record }) => record);
  for (const field of ['reserved', 'spent', 'unknown'] as const) {
    const sum = records.reduce((total, { money }) => total + money[field], 0n);
    same(BigInt(sums[field] ?? '0'), sum, `M2 ${field} of the tenant`);
  }
  const held = new Map(names.map((name, index) => [name, accounts[index] ?? {}]));
  checkAccounts(world, { held, sights, nowMs });
  world.marks = {
    used: checkLimits(world, held, nowMs),
    running: checkRunning(world, records, running),
  };
  const isWaiting = ({ state }: JobRecord): boolean => state === 'queued' || state === 'scheduled';
  const withKey = records.filter((record) => isWaiting(record) && record.spec.keyId !== undefined);
  checkCounts(queued, withKey, 'M6 waiting');
  const holders = records.filter(({ money }) => money.reserved > 0n).map(({ id }) => id);
  sameTexts(open, holders, 'M3 open');
  const waiting = sights.filter(({ record }) => record.waitsFor !== undefined);
  const refs = waiting.map(({ record }) => `${record.tenant}/${record.id}`);
  sameTexts(line, refs, 'M3 line');
  for (const { record, due } of waiting) {
    same(record.state, 'queued', 'M3 only queued jobs wait in line');
    holds(Number(due) <= nowMs + checkMs, 'M4');
  }
}

/** Whether what stands under a window's name counts at a time. */
function isPresent(window: BudgetWindow, name: string, nowMs: number): boolean {
  switch (window.kind) {
    case 'total':
      return name === 'all';
    case 'calendar':
      return Number(name) === (Math.floor(nowMs / dayMs) + 1) * dayMs;
    case 'rolling':
      return Number(name) >= Math.floor(nowMs / stepMs) - rollingSteps;
  }
}

type Amount = readonly [what: string, nanoUsd: bigint];

interface Held {
  readonly held: ReadonlyMap<string, Sums>;
  readonly sights: readonly JobSight[];
  readonly nowMs: number;
}

function checkAccounts(world: World, { held, sights, nowMs }: Held): void {
  const counts = (field: string): boolean => {
    const [account = '', window = ''] = field.split('@');
    const name = window.split(':')[0] ?? '';
    const form = world.accounts.get(account);
    // What is older than a rolling window is forgotten in passing.
    return form?.kind !== 'rolling' || isPresent(form, name, nowMs);
  };
  const inRecords = new Map<string, bigint>();
  const inLedger = new Map<string, bigint>();
  const inAccounts = new Map<string, bigint>();
  const add = (to: Map<string, bigint>, field: string, amount: bigint): void => {
    if (amount !== 0n && counts(field)) to.set(field, (to.get(field) ?? 0n) + amount);
  };
  const addAll = (to: Map<string, bigint>, accounts: string, [what, amount]: Amount): void => {
    for (const account of accounts.split(' ')) {
      if (account !== '') add(to, `${account}:${what}`, amount);
    }
  };
  for (const { record, fields } of sights) {
    addAll(inRecords, fields['accounts'] ?? '', ['reserved', record.money.reserved]);
    for (const { fence, end } of record.attempts) {
      const what = end?.costIs === 'worst_case' ? 'unknown' : 'spent';
      addAll(inRecords, fields[`a:${fence}:accounts`] ?? '', [what, end?.costNanoUsd ?? 0n]);
    }
  }
  for (const { accounts = '', spent = '0', unknown = '0' } of world.ledger.entries) {
    addAll(inLedger, accounts, ['spent', BigInt(spent)]);
    addAll(inLedger, accounts, ['unknown', BigInt(unknown)]);
  }
  for (const [account, sums] of held) {
    for (const [field, amount] of Object.entries(sums)) {
      if (/:(reserved|spent|unknown)$/.test(field)) {
        add(inAccounts, `${account}@${field}`, BigInt(amount));
      }
    }
  }
  sameTexts(texts(inAccounts), texts(inRecords), 'M2');
  const charged = texts(inAccounts).filter((text) => !text.includes(':reserved '));
  sameTexts(charged, texts(inLedger), 'M5');
}

function texts(sums: ReadonlyMap<string, bigint>): readonly string[] {
  return [...sums].filter(([, sum]) => sum !== 0n).map(([field, sum]) => `${field} ${sum}`);
}

/** What is used now of each limit that there is. */
function checkLimits(
  world: World,
  held: ReadonlyMap<string, Sums>,
  nowMs: number,
): ReadonlyMap<string, bigint> {
  const batch = `batch:${world.batchId}`;
  const limits = new Map(
    world.terms.budgets.map(({ id, limitNanoUsd }) => [String(id), limitNanoUsd]),
  );
  limits.set(batch, batchCeiling);
  const used = new Map<string, bigint>();
  for (const [account, limit] of limits) {
    const window = world.accounts.get(account) ?? { kind: 'total' };
    const now = usedOf(held.get(account) ?? {}, window, nowMs);
    const before = world.marks.used.get(account) ?? 0n;
    holds(now <= (before > limit ? before : limit), `M1 ${account}: ${now} of ${limit}`);
    used.set(account, now);
  }
  return used;
}

export function usedOf(sums: Sums, window: BudgetWindow, nowMs: number): bigint {
  return Object.entries(sums).reduce((total, [field, amount]) => {
    const [name = '', what] = field.split(':');
    return what !== undefined && isPresent(window, name, nowMs) ? total + BigInt(amount) : total;
  }, 0n);
}

/** Counts by API key, `-` for none, against the jobs that are counted. */
function checkCounts(counted: Sums, records: readonly JobRecord[], what: string): void {
  const byKey = new Map<string, number>();
  for (const { spec } of records) {
    const key = spec.keyId ?? '-';
    byKey.set(key, (byKey.get(key) ?? 0) + 1);
  }
  const stored = Object.entries(counted).filter(([, count]) => count !== '0');
  sameTexts(
    stored.map(([key, count]) => `${key} ${count}`),
    [...byKey].map(([key, count]) => `${key} ${count}`),
    what,
  );
}

/** How many run of each subject that is limited. */
function checkRunning(
  world: World,
  records: readonly JobRecord[],
  counted: Sums,
): ReadonlyMap<string, number> {
  const runs = records.filter(({ state }) => state === 'running' || state === 'cancelling');
  checkCounts(counted, runs, 'M6 running');
  const running = new Map<string, number>();
  for (const { subject, max } of world.terms.inFlight) {
    const count = runs.filter(({ spec }) => concerns(subject, spec.keyId)).length;
    const name = subject.kind === 'tenant' ? 'tenant' : subject.keyId;
    const before = world.marks.running.get(name) ?? runs.length;
    holds(count <= Math.max(max, before), `M6 of ${name}`);
    running.set(name, count);
  }
  return running;
}

export function concerns(subject: BudgetSubject, keyId: string | undefined): boolean {
  return subject.kind === 'tenant' || subject.keyId === keyId;
}
