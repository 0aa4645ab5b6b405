/**
 * Jobs of two tenants through real processes and a provider that fails in many ways, with a
 * worker killed and restarted in the middle; then, with everything at rest, every figure that tells
 * of money against the provider's bill (I7). For a test and for a proof.
 */
import { randomUUID } from 'node:crypto';
import { type JobId, parseJobId, type TenantId } from '@forebay/shared/domain/ids';
import { parseUsd } from '@forebay/shared/domain/money';
import type { Simulator } from '@forebay/simulator/simulator';
import { auditAll } from './audit-money.ts';
import {
  type Billed,
  type ChargedAttempt,
  checkIdentity,
  checkSums,
  type IdentitySums,
  sumBy,
} from './check-identity.ts';
import { countOpen } from './count-open.ts';
import { startForebay } from './forebay.ts';
import { type ApiClient, createApiClient } from './http.ts';
import { identityConfig, identityModels, identityScenario } from './identity-config.ts';
import type { TestProcess } from './processes.ts';
import { registerKey } from './register-key.ts';
import { seededRandom } from './seeded-random.ts';
import { openTestStore, type TestStore, tenantNamed } from './store.ts';
import { waitUntil } from './wait-until.ts';

export interface IdentityRun {
  readonly redisUrl: string;
  readonly jobs: number;
  readonly seed: number;
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Takes what must be done at the end; see `startForebay`. */
  readonly atEnd: (end: () => Promise<void> | void) => void;
  readonly tell?: (text: string) => void;
}

export interface IdentityResult {
  /** One sentence for each figure that does not fit; must be empty. */
  readonly breaks: readonly string[];
  readonly attempts: readonly ChargedAttempt[];
  readonly bill: readonly Billed[];
  /** How many jobs ended how. */
  readonly ends: ReadonlyMap<string, number>;
  readonly byTenant: ReadonlyMap<string, IdentitySums>;
  readonly byModel: ReadonlyMap<string, IdentitySums>;
  readonly byDeployment: ReadonlyMap<string, IdentitySums>;
}

interface Payer {
  readonly tenant: TenantId;
  readonly api: ApiClient;
}

interface Submitted {
  readonly payer: Payer;
  readonly tenant: TenantId;
  readonly id: JobId;
}

interface Stage {
  readonly store: TestStore;
  readonly simulator: Simulator;
  readonly payers: readonly Payer[];
  readonly workers: TestProcess[];
  startWorker(name: string, roles: string): Promise<TestProcess>;
}

/** What is read of a job; the API's own tests prove its shape. */
interface JobBody {
  readonly id: string;
  readonly status: string;
  readonly attempts: readonly {
    readonly id: string;
    readonly model: string;
    readonly deployment: string;
    readonly outcome: string | null;
    readonly ambiguity: string | null;
    readonly cost: { readonly charged: string | null; readonly basis: string | null };
  }[];
  readonly cost: Readonly<Record<'ceiling' | 'reserved' | 'spent' | 'unknown', string>>;
}

interface UsageBody {
  readonly data: readonly {
    readonly group: { readonly model: string | null; readonly deployment?: string | null };
    readonly spent_usd: string;
    readonly unknown_usd: string;
  }[];
  readonly is_complete: boolean;
  readonly has_more: boolean;
}

const tenantNames = ['left', 'right'];
/** Requests to the API at once. */
const askedAtOnce = 40;

export async function runIdentity(run: IdentityRun): Promise<IdentityResult> {
  const stage = await setStage(run);
  const random = seededRandom(run.seed);
  const wishes = Array.from({ length: run.jobs }, (_, n) => ({
    payer: at(stage.payers, random()),
    model: at(identityModels, random()),
    prompt: `Job ${n} of run ${run.seed}. ${'Tell me more. '.repeat(Math.floor(random() * 20))}`,
  }));
  const submitting = inTurns(wishes, submit);
  await Promise.all([submitting, killInTheMiddle(stage, run)]);
  const submitted = await submitting;
  await waitForEnds(stage, submitted, run);
  const bodies = await inTurns(submitted, readJob);
  return judge(stage, bodies);
}

async function setStage(run: IdentityRun): Promise<Stage> {
  const { redisUrl, env = {}, atEnd } = run;
  const options = { redisUrl, config: identityConfig, scenario: identityScenario, atEnd };
  const forebay = await startForebay({ ...options, env });
  const store = await openTestStore(redisUrl, { namespace: forebay.namespace });
  atEnd(() => store.close());
  const { url } = await forebay.startApi();
  const payers = await Promise.all(
    tenantNames.map(async (name) => {
      const key = await registerKey(redisUrl, forebay.namespace, { name });
      return { tenant: tenantNamed(name), api: createApiClient({ url, key }) };
    }),
  );
  const workers: TestProcess[] = [];
  const startWorker = async (name: string, roles: string): Promise<TestProcess> => {
    const worker = await forebay.startWorker(name, { FOREBAY_ROLES: roles });
    workers.push(worker);
    return worker;
  };
  await startWorker('steady', 'pool,dispatcher,webhooks');
  await startWorker('doomed', 'pool');
  return { store, simulator: forebay.simulator, payers, workers, startWorker };
}

async function submit(wish: { payer: Payer; model: string; prompt: string }): Promise<Submitted> {
  const { payer, model, prompt } = wish;
  const request = {
    kind: 'chat.completions',
    model,
    body: { messages: [{ role: 'user', content: prompt }] },
    max_cost_usd: '0.1',
  };
  const headers = { 'idempotency-key': randomUUID() };
  const job = await patiently(() => payer.api.submit(request, headers));
  const id = parseJobId(job.id);
  if (id === undefined) throw new Error(`${job.id} is no id of a job`);
  return { payer, tenant: payer.tenant, id };
}

/** Both workers have calls under way when one of them dies; later it is back. */
async function killInTheMiddle(stage: Stage, { jobs, timeoutMs, tell }: IdentityRun) {
  const { simulator, workers } = stage;
  const half = Math.floor(jobs / 2);
  if (!(await simulator.waitForCalls(half, timeoutMs))) throw new Error(`no ${half} calls`);
  simulator.hold();
  const isBusy = await simulator.waitForHeld(10, 20_000);
  await workers[1]?.kill('SIGKILL');
  simulator.release();
  if (!isBusy) throw new Error('too few calls were under way for a kill to matter');
  tell?.(`killed a worker after ${half} calls`);
  await stage.startWorker('doomed', 'pool');
}

/** All jobs have ended, no call is under way, and nobody is left who could still write. */
async function waitForEnds(stage: Stage, submitted: readonly Submitted[], run: IdentityRun) {
  const { simulator, store, workers } = stage;
  const allEnded = async (): Promise<boolean> => {
    const open = await countOpen(store, submitted);
    run.tell?.(`${run.jobs - open} of ${run.jobs} jobs have ended`);
    return open === 0;
  };
  const { timeoutMs } = run;
  const intervalMs = run.tell === undefined ? 100 : 2_000;
  await waitUntil(allEnded, { what: 'all jobs to end', timeoutMs, intervalMs });
  await waitUntil(() => simulator.stats().in_flight === 0, { what: 'the last calls to end' });
  await Promise.all(workers.map((worker) => worker.kill('SIGTERM')));
}

async function readJob({ payer, id }: Submitted): Promise<JobBody & { tenant: string }> {
  const { raw } = await patiently(() => payer.api.read(id));
  // The API's own tests prove the shape of a job.
  return { ...(raw as unknown as JobBody), tenant: payer.tenant };
}

async function judge(
  stage: Stage,
  jobs: readonly (JobBody & { readonly tenant: string })[],
): Promise<IdentityResult> {
  const attempts = jobs.flatMap(attemptsOf);
  const bill = stage.simulator.bill().map((line) => ({
    attemptId: line.attempt_id ?? 'a call without an id',
    deployment: `${line.model}/${line.deployment}`,
    nanoUsd: BigInt(line.cost_nano_usd),
  }));
  const ends = new Map<string, number>();
  for (const { status } of jobs) ends.set(status, (ends.get(status) ?? 0) + 1);
  const byTenant = sumBy(attempts, bill, ({ tenant }) => tenant);
  const byModel = sumBy(attempts, bill, ({ model }) => model);
  const byDeployment = sumBy(attempts, bill, ({ deployment }) => deployment);
  const { drifts } = await auditAll(stage.store);
  const breaks = [
    ...checkIdentity(attempts, bill),
    ...jobs.flatMap(checkJob),
    ...[byTenant, byModel, byDeployment].flatMap(checkSums),
    ...(await Promise.all(stage.payers.map((payer) => checkTold(stage, payer, attempts)))).flat(),
    ...drifts.map((drift) => `the auditor found ${drift.counter} of ${drift.tenant} wrong`),
  ];
  return { breaks, attempts, bill, ends, byTenant, byModel, byDeployment };
}

function attemptsOf(job: JobBody & { readonly tenant: string }): readonly ChargedAttempt[] {
  return job.attempts.map(({ id, model, deployment, outcome, ambiguity, cost }) => ({
    ...{ id, model, deployment, tenant: job.tenant },
    outcome: outcome ?? 'not ended',
    ambiguity: ambiguity ?? 'not ended',
    basis: cost.basis ?? 'not ended',
    charged: nanoOf(cost.charged ?? '0'),
  }));
}

function checkJob(job: JobBody): readonly string[] {
  const { ceiling, reserved, spent, unknown } = job.cost;
  const charged = nanoOf(spent) + nanoOf(unknown);
  const own = job.attempts.reduce((sum, { cost }) => sum + nanoOf(cost.charged ?? '0'), 0n);
  return [
    ...(charged <= nanoOf(ceiling) ? [] : [`${job.id} cost more than its ceiling`]),
    ...(nanoOf(reserved) === 0n ? [] : [`${job.id} has ended and holds ${reserved}`]),
    ...(own === charged ? [] : [`the attempts of ${job.id} do not add up`]),
  ];
}

/** A tenant's counters and what it is told of its usage, against its attempts. */
async function checkTold(
  { store }: Stage,
  { tenant, api }: Payer,
  attempts: readonly ChargedAttempt[],
): Promise<readonly string[]> {
  const own = attempts.filter((attempt) => attempt.tenant === tenant);
  const figures = await store.client.hmget(
    store.keys.money(tenant),
    'reserved',
    'spent',
    'unknown',
  );
  const counters = figures.map((text) => text ?? '0').join(', ');
  const whole = sumBy(own, [], () => tenant).get(tenant);
  const wanted = `0, ${whole?.spent ?? 0n}, ${whole?.unknown ?? 0n}`;
  return [
    ...(counters === wanted ? [] : [`counters of ${tenant}: ${counters}, must be ${wanted}`]),
    ...(await checkUsage(
      api,
      'model',
      sumBy(own, [], ({ model }) => model),
    )),
    ...(await checkUsage(
      api,
      'model,deployment',
      sumBy(own, [], (each) => each.deployment),
    )),
  ];
}

async function checkUsage(
  api: ApiClient,
  groupBy: string,
  wanted: ReadonlyMap<string, IdentitySums>,
): Promise<readonly string[]> {
  const usage = await patiently(async () => {
    const answer = await api.call(`/v1/usage?group_by=${groupBy}`);
    // The API's own tests prove the shape of usage.
    return answer.status === 200 && (answer.json() as UsageBody);
  });
  if (!usage.is_complete || usage.has_more) return [`usage by ${groupBy} is not whole`];
  const told = new Map<string, string>();
  for (const { group, spent_usd: spent, unknown_usd: unknown } of usage.data) {
    const name = group.deployment === undefined ? group.model : group.deployment;
    // Ends of jobs that waited have no deployment, and cost nothing.
    told.set(name ?? 'none', `${nanoOf(spent)} and ${nanoOf(unknown)}`);
  }
  if (!told.has('none')) told.set('none', '0 and 0');
  const must = new Map(
    [...wanted].map(([name, sums]) => [name, `${sums.spent} and ${sums.unknown}`]),
  );
  must.set('none', '0 and 0');
  const names = [...new Set([...told.keys(), ...must.keys()])];
  return names
    .filter((name) => told.get(name) !== must.get(name))
    .map((name) => `usage of ${name}: ${told.get(name)}, must be ${must.get(name)}`);
}

/** A busy machine may be too late with an answer; the same is asked again. */
function patiently<Value>(ask: () => Promise<Value | false>): Promise<Value> {
  return waitUntil(ask, { what: 'the API to answer', timeoutMs: 60_000, intervalMs: 200 });
}

function nanoOf(usd: string): bigint {
  const amount = parseUsd(usd);
  if (amount === undefined) throw new Error(`${usd} is no amount`);
  return amount;
}

function at<Item>(items: readonly Item[], share: number): Item {
  const item = items[Math.floor(share * items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}

/** Some at a time, in order. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += askedAtOnce) {
    const turn = items.slice(from, from + askedAtOnce);
    results.push(...(await Promise.all(turn.map(work))));
  }
  return results;
}
