/**
 * Many jobs at once on a budget for a few of them, on real processes, and what must be true while
 * they run and afterwards. Each race has a tenant of its own, so that many can be run on one stage.
 */
import { randomUUID } from 'node:crypto';
import { type Budget, type BudgetPolicy, newBudgetId } from '@forebay/shared/domain/budget';
import { type JobId, parseJobId, parseTenantId, type TenantId } from '@forebay/shared/domain/ids';
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type { ScriptName } from '@forebay/shared/redis/script-registry';
import { loadScript } from '@forebay/shared/redis/script-runner';
import type { Simulator } from '@forebay/simulator/simulator';
import { countOpen } from './count-open.ts';
import { type ApiClient, createApiClient } from './http.ts';
import { registerKey } from './register-key.ts';
import type { TestStore } from './store.ts';
import { waitUntil } from './wait-until.ts';

/** Input is free, so that an answer as long as the cap costs exactly the worst case. */
const raceModel = (name: string): string => `
  ${name}:
    kinds: [chat.completions]
    context_window: 100000
    default_output_tokens: 100
    max_output_tokens: 4000
    price: { input: "0", output: "4", source: simulator }
    timeouts: { connect: 2s, first_byte: 10s, idle: 5s, total: 20s }
    ${name === 'alpha' ? 'fallbacks: [beta]' : ''}
    deployments:
      - { name: main, provider: sim, model: ${name}, concurrency: 40 }`;

export const raceConfig = `
providers:
  sim: { dialect: openai, base_url: SIMULATOR/v1, api_key_env: PROVIDER_KEY }
models:${raceModel('alpha')}${raceModel('beta')}
`;

const price =
  '{ input_per_million_usd: "0", cached_input_per_million_usd: "0", output_per_million_usd: "4" }';

export const raceScenario = `
models:
  alpha: { price: ${price} }
  beta: { price: ${price} }
`;

const capTokens = 100;
/** Of each job: its output cap at 4 dollars for a million tokens. */
export const worstNanoUsd = 400_000n;

export interface RaceStage {
  readonly apiUrl: string;
  /** Where keys are registered; a proxy that loses replies is no place for that. */
  readonly redisUrl: string;
  readonly store: TestStore;
  readonly simulator: Simulator;
}

export interface Race {
  readonly tenant: string;
  readonly jobs: number;
  /** Jobs whose worst cases the budget holds. */
  readonly fits: number;
  readonly whenShort: BudgetPolicy;
  /** Length of each answer; the cap is 100. */
  readonly outputTokens: number;
  /** What else each prompt says, to steer the provider. */
  readonly prompt?: (n: number) => string;
  /** Called once all jobs are submitted. */
  readonly meanwhile?: (running: RunningRace) => Promise<void>;
  readonly timeoutMs?: number;
}

export interface RunningRace {
  /** Calls with the key of the race's tenant. */
  readonly api: ApiClient;
  readonly ids: readonly JobId[];
  readonly tenant: TenantId;
  readonly budgetId: string;
}

export interface RaceResult {
  readonly refused: number;
  readonly records: readonly JobRecord[];
  /** Nano-dollars of the budget as it stood at its fullest, and as it stands now. */
  readonly peak: { readonly reserved: bigint; readonly used: bigint };
  readonly charged: bigint;
  readonly billed: { readonly calls: number; readonly nanoUsd: bigint };
  /** All of these must be 0. */
  readonly left: Readonly<
    Record<'reserved' | 'accountReserved' | 'open' | 'running' | 'line', number>
  >;
  readonly looks: number;
}

export async function runRace(stage: RaceStage, race: Race): Promise<RaceResult> {
  const { store } = stage;
  const tenant = parseTenantId(race.tenant);
  if (tenant === undefined) throw new Error(`${race.tenant} is no tenant name`);
  const budget: Budget = {
    id: newBudgetId(),
    subject: { kind: 'tenant' },
    window: { kind: 'total' },
    limitNanoUsd: worstNanoUsd * BigInt(race.fits),
    whenShort: race.whenShort,
    createdAtMs: 1,
  };
  await store.terms.edit(tenant, (terms) => ({ ...terms, budgets: [budget] }));
  const key = await registerKey(stage.redisUrl, store.namespace, { name: race.tenant });
  const watch = watchBudget(store, tenant);
  const api = createApiClient({ url: stage.apiUrl, key });
  const ids = await submitAll(api, race);
  await race.meanwhile?.({ api, ids, tenant, budgetId: budget.id });
  const records = await readEnded(store, { tenant, ids, timeoutMs: race.timeoutMs ?? 60_000 });
  const { peak, last, looks } = await watch.end();
  const mine = new Set<string>(ids);
  const bill = stage.simulator
    .bill()
    .filter((line) => mine.has(line.attempt_id?.split('.')[0] ?? ''));
  return {
    refused: race.jobs - ids.length,
    records,
    peak,
    looks,
    charged: last.spent + last.unknown,
    billed: {
      calls: bill.length,
      nanoUsd: bill.reduce((sum, line) => sum + BigInt(line.cost_nano_usd), 0n),
    },
    left: { ...(await leftOf(store, tenant)), accountReserved: Number(last.reserved) },
  };
}

/** What a race has broken, each with its figures; empty when all held. */
export function breaksOf(result: RaceResult, race: Race): string[] {
  const limit = worstNanoUsd * BigInt(race.fits);
  const breaks: string[] = [];
  const { peak, charged, billed, left } = result;
  if (peak.used > limit) breaks.push(`${peak.used} of ${limit} nano-dollars were used at once`);
  if (charged > limit) breaks.push(`${charged} of ${limit} nano-dollars were charged`);
  if (billed.nanoUsd > charged) breaks.push(`${billed.nanoUsd} were billed, ${charged} charged`);
  for (const [what, count] of Object.entries(left)) {
    if (count !== 0) breaks.push(`${what} is ${count} when all is over`);
  }
  return breaks.map((text) => `${race.tenant}: ${text}`);
}

/** How many jobs of a race ended so, by error code or state. */
export function endedAs(result: RaceResult, end: string): number {
  return result.records.filter(({ state, error }) => (error?.code ?? state) === end).length;
}

/**
 * Loses every fifth reply of a script. Bounded: who loses one sends again whatever was under way.
 */
export function replyLossOf(
  script: ScriptName,
  lossesMax: number,
): (words: readonly string[]) => boolean {
  const { digest } = loadScript(script);
  let calls = 0;
  let losses = 0;
  return ([command, first = '']) => {
    const isCall = command === 'EVALSHA' ? first === digest : first.startsWith(`-- ${script}: `);
    if (!isCall) return false;
    calls += 1;
    if (calls % 5 !== 1 || losses === lossesMax) return false;
    losses += 1;
    return true;
  };
}

/** Submits all at once, each until it is answered; those that no budget holds are left out. */
async function submitAll(api: ApiClient, race: Race): Promise<JobId[]> {
  const submit = async (n: number): Promise<JobId | undefined> => {
    const steering = `[[sim:output_tokens count=${race.outputTokens}]] ${race.prompt?.(n) ?? ''}`;
    const body = { messages: [{ role: 'user', content: `${steering} ${n}` }] };
    const request = {
      kind: 'chat.completions',
      model: 'alpha',
      body: { ...body, max_tokens: capTokens },
      max_cost_usd: '0.01',
    };
    const headers = { 'idempotency-key': randomUUID() };
    const answer = await waitUntil(
      async () => {
        const got = await api.call('/v1/jobs', { body: request, headers });
        return got.status < 500 && got;
      },
      { what: 'a submission to be answered', timeoutMs: 30_000 },
    );
    if (answer.status === 402) return undefined;
    // The shape of the job object is proved by the API's own tests.
    const { id } = answer.json() as { readonly id?: string };
    const job = parseJobId(id ?? '');
    if (job === undefined) throw new Error(`${answer.status}: ${answer.text}`);
    return job;
  };
  const jobs = await Promise.all(Array.from({ length: race.jobs }, (_, n) => submit(n)));
  return jobs.filter((job) => job !== undefined);
}

async function readEnded(
  store: TestStore,
  { tenant, ids, timeoutMs }: { tenant: TenantId; ids: readonly JobId[]; timeoutMs: number },
): Promise<readonly JobRecord[]> {
  const refs = ids.map((id) => ({ tenant, id }));
  const ended = async (): Promise<boolean> => (await countOpen(store, refs)) === 0;
  await waitUntil(ended, { what: 'all jobs of the race to end', timeoutMs, intervalMs: 100 });
  return (await store.jobs.readMany(refs)).filter(isRecord);
}

/** Looks at the budget again and again; each look sees one instant. */
function watchBudget(store: TestStore, tenant: TenantId) {
  const peak = { reserved: 0n, used: 0n };
  let last = { reserved: 0n, spent: 0n, unknown: 0n };
  let looks = 0;
  const stopped = new AbortController();
  const look = async (): Promise<void> => {
    const [figures] = await store.terms.figures(tenant);
    if (figures === undefined) throw new Error('the budget of the race is gone');
    last = figures;
    looks += 1;
    const used = last.reserved + last.spent + last.unknown;
    if (last.reserved > peak.reserved) peak.reserved = last.reserved;
    if (used > peak.used) peak.used = used;
  };
  const watching = waitUntil(
    async () => {
      await look();
      return stopped.signal.aborted;
    },
    { what: 'the race to end', timeoutMs: 300_000, intervalMs: 20 },
  );
  return {
    async end() {
      stopped.abort();
      await watching;
      await look();
      return { peak, last, looks };
    },
  };
}

async function leftOf(store: TestStore, tenant: TenantId) {
  const money = store.keys.money(tenant);
  const [reserved, open, running, line] = await Promise.all([
    store.client.hget(money, 'reserved'),
    store.client.scard(`${money}:open`),
    store.client.hvals(`${money}:running`),
    store.client.zcard(`${money}:waiting`),
  ]);
  const runs = running.reduce((sum, count) => sum + Number(count), 0);
  return { reserved: Number(reserved ?? '0'), open, running: runs, line };
}
