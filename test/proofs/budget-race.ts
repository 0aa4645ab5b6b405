/**
 * `npm run proof -- budget-race [JOBS]`: `test/e2e/budget-race.test.ts` with 200 jobs a round,
 * while the replies of every script that moves money get lost in turn, callers cancel and change
 * jobs, the operator edits the budget, and a worker is killed. Writes `docs/proofs/budget-race.md`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepAlive } from '@forebay/cli/local/keep-alive';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import { formatUsd } from '@forebay/shared/domain/money';
import type { ScriptName } from '@forebay/shared/redis/script-registry';
import {
  breaksOf,
  endedAs,
  type Race,
  type RaceResult,
  type RaceStage,
  type RunningRace,
  raceConfig,
  raceScenario,
  replyLossOf,
  runRace,
  worstNanoUsd,
} from '../support/budget-race.ts';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { repositoryRoot } from '../support/processes.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';
import { openTestStore } from '../support/store.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait-until.ts';

const jobsWanted = 200;
/** A tenth of the jobs fits the budget. */
const fitsShare = 10;
const lossesMax = 20;
const timeoutMs = 180_000;

/** The scripts that move money or decide about it. */
const scripts: readonly ScriptName[] = [
  ...(['admit', 'feed', 'claim', 'settle', 'reassign'] as const),
  ...(['cancel', 'change', 'terms-edit'] as const),
];

interface Stage extends RaceStage {
  readonly forebay: TestForebay;
  readonly proxy: TcpProxy;
  readonly admin: ApiClient;
}

interface Round {
  readonly name: string;
  readonly race: Race;
  readonly result: RaceResult;
  readonly lost: number;
}

/** Again and again until it is answered: a reply that was lost makes an error of ours. */
async function insist(client: ApiClient, path: string, call: object): Promise<void> {
  const answered = async (): Promise<boolean> => (await client.call(path, call)).status < 500;
  await waitUntil(answered, { what: `${path} to be answered`, timeoutMs });
}

/** What callers and the operator do while the provider holds the first calls. */
async function meddle(stage: Stage, { api, ids, tenant, budgetId }: RunningRace): Promise<void> {
  const budget = `/admin/v1/tenants/${tenant}/budgets/${budgetId}`;
  const cancelled = ids.filter((_, n) => n % 8 === 5);
  const changed = ids.filter((_, n) => n % 8 === 2);
  const edits = [1, 2, 3, 4, 5, 6].map(() => ({ method: 'PATCH', body: { when_short: 'wait' } }));
  const change = { method: 'PATCH', body: { max_cost_usd: '0.02' }, headers: { 'if-match': '*' } };
  await Promise.all([
    ...cancelled.map((id) => insist(api, `/v1/jobs/${id}/cancel`, { method: 'POST' })),
    ...changed.map((id) => insist(api, `/v1/jobs/${id}`, change)),
    ...edits.map((edit) => insist(stage.admin, budget, edit)),
  ]);
  stage.simulator.release();
}

function raceOf(stage: Stage, name: string, jobs: number): Race {
  return {
    tenant: name,
    jobs,
    fits: Math.ceil(jobs / fitsShare),
    whenShort: 'wait',
    outputTokens: 60,
    timeoutMs,
    prompt: (n) => (n % 3 === 0 ? '[[sim:server_error status=503 model=alpha]]' : ''),
    meanwhile: (running) => meddle(stage, running),
  };
}

async function loseReplies(stage: Stage, script: ScriptName, jobs: number): Promise<Round> {
  const before = stage.proxy.lost.length;
  stage.proxy.loseReplies(replyLossOf(script, lossesMax));
  stage.simulator.hold();
  const race = raceOf(stage, `loss-${script}`, jobs);
  const result = await runRace(stage, race);
  stage.proxy.loseReplies(undefined);
  const lost = stage.proxy.lost.length - before;
  return { name: `replies of ${script} lost`, race, result, lost };
}

async function killWorker(stage: Stage, jobs: number): Promise<Round> {
  const doomed = await stage.forebay.startWorker('doomed', { FOREBAY_ROLES: 'pool' });
  stage.simulator.hold();
  const race: Race = {
    ...raceOf(stage, 'killed', jobs),
    async meanwhile(running) {
      await doomed.kill('SIGKILL');
      await meddle(stage, running);
    },
  };
  return { name: 'a worker killed', race, result: await runRace(stage, race), lost: 0 };
}

function rowOf({ name, race, result, lost }: Round): string {
  const limit = worstNanoUsd * BigInt(race.fits);
  const amounts = [limit, result.peak.used, result.charged, result.billed.nanoUsd].map(formatUsd);
  const ends = ['succeeded', 'cancelled', 'budget_exceeded'].map((end) => endedAs(result, end));
  const others = result.records.length - ends.reduce((sum, count) => sum + count, 0);
  return `| ${[name, lost, ...amounts, ...ends, others].join(' | ')} |`;
}

const columns = [
  ...['round', 'lost', 'limit', 'used at most', 'charged', 'billed'],
  ...['succeeded', 'cancelled', 'budget exceeded', 'other ends'],
];

function report(rounds: readonly Round[], breaks: readonly string[], jobs: number): string {
  return `# Many jobs on a budget for few

In each round ${jobs} jobs are submitted at once on a budget for the worst cases of
${Math.ceil(jobs / fitsShare)}, through an api process and two workers. A third of the calls fail
and move on, an eighth of the jobs are cancelled, an eighth changed, and the operator edits the
budget meanwhile; what the first column says goes wrong on top. The budget is looked at about every
20 ms.
${breaks.length} breaks. Written by \`npm run proof -- budget-race\`.

US dollars; never more than the limit is used at once, charged or billed, and nothing stays
reserved:

| ${columns.join(' | ')} |
|${columns.map(() => '---|').join('')}
${rounds.map(rowOf).join('\n')}
`;
}

async function runRounds(stage: Stage, jobs: number): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  const keep = (round: Round): void => {
    rounds.push(round);
    process.stdout.write(`${rowOf(round)}\n`);
  };
  for (const script of scripts) keep(await loseReplies(stage, script, jobs));
  keep(await killWorker(stage, jobs));
  return rounds;
}

async function runProof(jobs: number): Promise<boolean> {
  const folder = makeFolder('proof-budget-race');
  const redis = await startRedisServer({ dataDir: folder, appendfsync: 'no' });
  const ends: (() => Promise<void> | void)[] = [];
  try {
    const proxy = await startTcpProxy(redis.port, (end) => ends.push(end));
    const forebay = await startForebay({
      ...{ redisUrl: proxy.url, config: raceConfig, scenario: raceScenario },
      env: { FOREBAY_LEASE_MS: '3000' },
      atEnd: (end) => ends.push(end),
    });
    const { url: apiUrl, adminUrl } = await forebay.startApi();
    await Promise.all([forebay.startWorker('w1'), forebay.startWorker('w2')]);
    const store = await openTestStore(redis.url, { namespace: forebay.namespace });
    ends.push(() => store.close());
    const admin = createApiClient({ url: adminUrl, key: forebay.adminKey });
    const { simulator } = forebay;
    const stage = { forebay, proxy, admin, apiUrl, simulator, store, redisUrl: redis.url };
    const rounds = await runRounds(stage, jobs);
    const breaks = rounds.flatMap(({ result, race }) => breaksOf(result, race));
    const unharmed = rounds.filter(({ name, lost }) => name.startsWith('replies') && lost === 0);
    breaks.push(...unharmed.map(({ name }) => `${name}: none was`));
    const text = report(rounds, breaks, jobs);
    process.stdout.write(`${text}\n${breaks.join('\n')}\n`);
    if (breaks.length > 0) return false;
    mkdirSync(join(repositoryRoot, 'docs', 'proofs'), { recursive: true });
    writeFileSync(join(repositoryRoot, 'docs', 'proofs', 'budget-race.md'), text);
    return true;
  } finally {
    for (const end of ends.toReversed()) await end();
    await redis.stop();
    removeFolder(folder);
  }
}

const alive = keepAlive();
try {
  const [jobs = jobsWanted] = process.argv.slice(2).map(Number);
  process.exitCode = (await runProof(jobs)) ? 0 : 1;
} finally {
  alive.end();
}
