/**
 * Each named crash point of the worker process in turn: a real process dies there as by `kill -9`,
 * next to a living one, and every acknowledged job still ends, once, with its money explained
 * (F2, F3). The points of the api and of webhook delivery have their tests beside theirs.
 */
import { type CrashPoint, crashPoints } from '@forebay/shared/runtime/crash-point';
import { describe, expect, it } from 'vitest';
import { type CrashJob, crashConfig, jobsLeadingTo, servedModels } from '../support/crash-jobs.ts';
import { startForebay, type TestForebay, twoModelsScenario } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import type { TestProcess } from '../support/processes.ts';
import { useRedis } from '../support/redis.ts';
import { useStore } from '../support/store.ts';
import { expectMoneyHolds, readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const roundsMax = 12;

const price =
  '{ input_per_million_usd: "1", cached_input_per_million_usd: "1", output_per_million_usd: "4" }';
const scenario = `${twoModelsScenario}
  narrow: { price: ${price} }
  orphan: { price: ${price} }
  lonely: { price: ${price} }
`;

interface Stage {
  readonly forebay: TestForebay;
  readonly api: ApiClient;
}

async function setStage(): Promise<Stage> {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: crashConfig,
    scenario,
    env: { FOREBAY_POOL_MODELS: servedModels },
  });
  const { url } = await forebay.startApi();
  await forebay.startWorker('living');
  return { forebay, api: createApiClient({ url, key: forebay.apiKey }) };
}

function requestFor(job: CrashJob): object {
  const startAt = Date.now() + (job.startInMs ?? 0);
  return {
    kind: 'chat.completions',
    model: job.model,
    body: { messages: [{ role: 'user', content: job.prompt }] },
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

/** Brings jobs until the armed process is dead. */
async function submitUntilDead(
  stage: Stage,
  armed: TestProcess,
  point: CrashPoint,
): Promise<string[]> {
  const ids: string[] = [];
  let dead = false;
  void armed.exited.then(() => {
    dead = true;
  });
  for (let round = 0; round < roundsMax && !dead; round += 1) {
    if (point === 'dispatcher.after-reassign') await reviveOrphan(stage);
    const added = await submitRound(stage, point);
    ids.push(...added);
    await readAllEnded(stage.api, added);
  }
  expect(dead, `the armed process came to ${point}`).toBe(true);
  expect((await armed.exited).signal).toBe('SIGKILL');
  return ids;
}

const points = crashPoints.filter((point) => /^(worker|dispatcher)\./.test(point));

describe('a worker process that dies', () => {
  it.each(points)('at %s loses nothing and repeats no end', async (point) => {
    const stage = await setStage();
    const armed = await stage.forebay.startWorker('armed', {
      FOREBAY_ROLES: point.startsWith('worker.') ? 'pool' : 'dispatcher',
      FOREBAY_CRASH_AT: point,
    });
    const ids = await submitUntilDead(stage, armed, point);
    const jobs = await readAllEnded(stage.api, ids);
    const expected = point === 'dispatcher.after-settle' ? 'expired' : 'succeeded';
    expect(new Set(jobs.map((job) => job.status))).toEqual(new Set([expected]));
    expectMoneyHolds(jobs, stage.forebay.simulator);
  });
});
