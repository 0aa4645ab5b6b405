/**
 * Each named crash point of the worker process in turn: a real process dies there as by `kill -9`,
 * next to a living one, and every acknowledged job still ends, once, with its money explained
 * (F2, F3). The points of the api and of webhook delivery have their tests beside theirs.
 */
import { type CrashPoint, crashPoints } from '@forebay/shared/runtime/crash-point';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAuditAgrees } from '../support/audit-money.ts';
import { type CrashJob, crashConfig, jobsLeadingTo, servedModels } from '../support/crash-jobs.ts';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { mainOf, startProcess, type TestProcess } from '../support/processes.ts';
import { useRedis } from '../support/redis.ts';
import { useStore } from '../support/store.ts';
import { twoModelsScenario } from '../support/two-models.ts';
import { type EndedJob, expectMoneyHolds, readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

const price =
  '{ input_per_million_usd: "1", cached_input_per_million_usd: "1", output_per_million_usd: "4" }';
const scenario = `${twoModelsScenario}
  narrow: { price: ${price} }
  orphan: { price: ${price} }
  lonely: { price: ${price} }
`;

// Permits of a killed worker count until its calls must be over: all rounds need room beside them.
// And what failed in one round must not keep the calls of the next one away.
const config = crashConfig
  .replaceAll('concurrency: 20 ', 'concurrency: 500 ')
  .replaceAll('    deployments:', '    breaker: off\n    deployments:');

interface Stage {
  readonly forebay: TestForebay;
  readonly api: ApiClient;
  /** What earlier rounds have left. */
  readonly ended: EndedJob[];
}

/** Everything but the role whose processes are to die; one for all rounds of a describe block. */
function useStage(companionRoles: string): () => Stage {
  const ends: (() => Promise<void> | void)[] = [];
  let stage: Stage | undefined;
  beforeAll(async () => {
    const forebay = await startForebay({
      redisUrl: redis().url,
      config,
      scenario,
      env: { FOREBAY_POOL_MODELS: servedModels },
      atEnd: (end) => ends.push(end),
    });
    const { url } = await forebay.startApi();
    await forebay.startWorker('companion', { FOREBAY_ROLES: companionRoles });
    stage = { forebay, api: createApiClient({ url, key: forebay.apiKey }), ended: [] };
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
  });
  return () => {
    if (stage === undefined) throw new Error('the stage stands only inside tests');
    return stage;
  };
}

/** A worker of the stage that ends with the running test. */
async function startActor(
  { forebay }: Stage,
  name: string,
  extra: Readonly<Record<string, string>>,
): Promise<TestProcess> {
  const env = { ...forebay.env, FOREBAY_WORKER_NAME: name, ...extra };
  const actor = startProcess({ name, args: [mainOf('worker')], env });
  await actor.waitForOutput(/worker\.ready/, 30_000);
  return actor;
}

function requestFor(job: CrashJob): object {
  const startAt = Date.now() + (job.startInMs ?? 0);
  return {
    kind: 'chat.completions',
    model: job.model,
    body: { messages: [{ role: 'user', content: job.prompt }], ...job.body },
    max_cost_usd: '0.1',
    timeout_seconds: job.timeoutSeconds ?? 60,
    ...(job.startInMs === undefined ? {} : { run_at: new Date(startAt).toISOString() }),
  };
}

async function submitRound(stage: Stage, point: CrashPoint): Promise<string[]> {
  const jobs = jobsLeadingTo(point).map((job) => stage.api.submit(requestFor(job)));
  return (await Promise.all(jobs)).map((job) => job.id);
}

/** Gives the orphan's pool a last sign of life, so that jobs are planned for it. */
async function reviveOrphan(stage: Stage): Promise<void> {
  const store = await useStore(redis().url, { namespace: stage.forebay.namespace });
  const dryRun = requestFor({ model: 'orphan', prompt: 'where to?' });
  await waitUntil(
    async () => {
      await store.lanes.heartbeat('orphan', 'ghost');
      const answer = await stage.api.call('/v1/route', { body: dryRun });
      return answer.text.indexOf('"model":"orphan"') < answer.text.indexOf('"model":"beta"');
    },
    { what: 'jobs to be planned for the orphan' },
  );
}

/** One round: a process dies at the point, another one takes its place. */
async function dieAt(stage: Stage, point: CrashPoint, roles: string): Promise<void> {
  const armed = await startActor(stage, `armed.${point}`, {
    FOREBAY_ROLES: roles,
    FOREBAY_CRASH_AT: point,
  });
  if (point === 'dispatcher.after-reassign') await reviveOrphan(stage);
  const ids = await submitRound(stage, point);
  await expectToDie(armed);
  await startActor(stage, `rescuer.${point}`, {});
  const jobs = await readAllEnded(stage.api, ids);
  const expected = point === 'dispatcher.after-settle' ? 'expired' : 'succeeded';
  expect(new Set(jobs.map((job) => job.status))).toEqual(new Set([expected]));
  if (point === 'worker.before-verdict') await expectExact(stage, ids);
  stage.ended.push(...jobs);
  expectMoneyHolds(stage.ended, stage.forebay.simulator);
  await expectAuditAgrees(redis().url, stage.forebay.namespace);
}

/** What was journalled before it was judged costs what it cost, whoever reads the journal. */
async function expectExact(stage: Stage, ids: readonly string[]): Promise<void> {
  const read = () => readAllEnded(stage.api, ids);
  await waitUntil(async () => (await read()).every(({ cost }) => cost.unknown === '0'), {
    what: 'the answers of the dead to be judged',
  });
  const bases = (await read()).flatMap(({ attempts }) => attempts.map(({ cost }) => cost.basis));
  expect(new Set(bases)).toEqual(new Set(['exact']));
}

function pointsOf(role: string): readonly CrashPoint[] {
  return crashPoints.filter((point) => point.startsWith(`${role}.`));
}

describe('a pool that dies', () => {
  const stage = useStage('dispatcher,webhooks');
  it.each(pointsOf('worker'))('at %s loses nothing and repeats no end', async (point) => {
    await dieAt(stage(), point, 'pool');
  });
});

describe('a dispatcher that dies', () => {
  const stage = useStage('pool,webhooks');
  it.each(pointsOf('dispatcher'))('at %s loses nothing and repeats no end', async (point) => {
    await dieAt(stage(), point, 'dispatcher');
  });
});

/** The armed process comes to its point and dies there. */
async function expectToDie(armed: TestProcess): Promise<void> {
  let exit: Awaited<TestProcess['exited']> | undefined;
  void armed.exited.then((seen) => {
    exit = seen;
  });
  const { signal } = await waitUntil(() => exit, {
    what: 'the armed process to die',
    timeoutMs: 20_000,
  });
  expect(signal).toBe('SIGKILL');
}
