/**
 * Many jobs at once on a budget for a few, on real processes: never more of their worst cases are
 * held at once than it has room for, never more is spent, and nothing stays reserved (P6, P8); nor
 * when replies of the scripts that move money get lost (F11, F15), or a worker dies (F2).
 */
import type { ScriptName } from '@forebay/shared/redis/script-registry';
import { describe, expect, it } from 'vitest';
import {
  breaksOf,
  endedAs,
  type Race,
  type RaceResult,
  type RaceStage,
  raceConfig,
  raceScenario,
  replyLossOf,
  runRace,
  worstNanoUsd,
} from '../support/budget-race.ts';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import { useRedis } from '../support/redis.ts';
import { useStore } from '../support/store.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const redis = useRedis();

interface Stage extends RaceStage {
  readonly forebay: TestForebay;
  readonly proxy: TcpProxy;
}

async function setStage(env: Readonly<Record<string, string>>): Promise<Stage> {
  const proxy = await startTcpProxy(redis().port);
  const forebay = await startForebay({
    redisUrl: proxy.url,
    config: raceConfig,
    scenario: raceScenario,
    env,
  });
  const { url: apiUrl } = await forebay.startApi();
  await forebay.startWorker('w1');
  const store = await useStore(redis().url, { namespace: forebay.namespace });
  const { simulator } = forebay;
  return { forebay, proxy, apiUrl, simulator, store, redisUrl: redis().url };
}

function expectToHold(result: RaceResult, race: Race): void {
  expect(breaksOf(result, race)).toEqual([]);
  expect(result.looks).toBeGreaterThan(5);
}

/** The scripts that move money; some of the first replies of each are lost. */
const moneyScripts: readonly ScriptName[] = ['admit', 'feed', 'claim', 'settle', 'reassign'];
const lossesMax = 6;

describe('200 jobs on a budget for the worst cases of 20', () => {
  it('are run as far as the budget goes, to the last nano-dollar', async () => {
    const stage = await setStage({ FOREBAY_LEASE_MS: '10000' });
    await stage.forebay.startWorker('w2');
    const whole = { jobs: 200, fits: 20, outputTokens: 100 } as const;

    const rejecting: Race = { ...whole, tenant: 'rejecting', whenShort: 'reject' };
    const rejected = await runRace(stage, rejecting);
    expectToHold(rejected, rejecting);
    expect([rejected.refused, endedAs(rejected, 'succeeded')]).toEqual([180, 20]);
    expect(rejected.billed).toEqual({ calls: 20, nanoUsd: 20n * worstNanoUsd });

    const waiting: Race = { ...whole, tenant: 'waiting', whenShort: 'wait' };
    const waited = await runRace(stage, waiting);
    expectToHold(waited, waiting);
    expect(waited.billed).toEqual({ calls: 20, nanoUsd: 20n * worstNanoUsd });
    expect(waited.refused + endedAs(waited, 'budget_exceeded')).toBe(180);

    // A job starts while what is left holds a worst case: the 77th when 19 have been spent.
    const less = { jobs: 100, outputTokens: 25 } as const;
    const thrifty: Race = { ...whole, ...less, tenant: 'thrifty', whenShort: 'wait' };
    const saved = await runRace(stage, thrifty);
    expectToHold(saved, thrifty);
    expect(saved.peak.reserved).toBeLessThanOrEqual(20n * worstNanoUsd);
    expect([saved.refused, endedAs(saved, 'succeeded')]).toEqual([0, 77]);
    const lanes = stage.simulator.stats().lanes.map((lane) => lane.max_in_flight);
    expect(Math.max(...lanes), 'calls at once').toBeLessThanOrEqual(20);
  }, 120_000);

  it('never pass it while replies get lost, or a worker dies', async () => {
    const stage = await setStage({ FOREBAY_LEASE_MS: '3000' });
    for (const script of moneyScripts) {
      const before = stage.proxy.lost.length;
      stage.proxy.loseReplies(replyLossOf(script, lossesMax));
      const race: Race = {
        ...{ tenant: `loss-${script}`, jobs: 20, fits: 5, whenShort: 'wait', outputTokens: 60 },
        prompt: (n) => (n % 3 === 0 ? '[[sim:server_error status=503 model=alpha]]' : ''),
      };
      const result = await runRace(stage, race);
      stage.proxy.loseReplies(undefined);
      expectToHold(result, race);
      expect(stage.proxy.lost.length, `replies of ${script} lost`).toBeGreaterThan(before);
      expect(endedAs(result, 'succeeded'), script).toBeGreaterThanOrEqual(5);
    }

    const doomed = await stage.forebay.startWorker('doomed', { FOREBAY_ROLES: 'pool' });
    stage.simulator.hold();
    const race: Race = {
      ...{ tenant: 'killed', jobs: 40, fits: 20, whenShort: 'wait', outputTokens: 50 },
      async meanwhile() {
        expect(await stage.simulator.waitForHeld(15, 20_000)).toBe(true);
        await doomed.kill('SIGKILL');
        stage.simulator.release();
      },
    };
    const result = await runRace(stage, race);
    expectToHold(result, race);
    const lost = result.records
      .flatMap(({ attempts }) => attempts)
      .filter(({ end }) => end?.costIs === 'worst_case');
    expect(lost.length, 'attempts of the dead worker').toBeGreaterThan(0);
  }, 120_000);
});
