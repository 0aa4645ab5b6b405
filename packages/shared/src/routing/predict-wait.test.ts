import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  sampleDeployment,
  sampleLive,
  sampleModel,
} from '../../../../test/support/sample-catalog.ts';
import { priorityNames } from '../domain/priority.ts';
import type { ModelLive } from '../domain/route-plan.ts';
import { predictWait, type WaitAsk } from './predict-wait.ts';

const nowMs = 1_000_000;

function predict(live: Partial<ModelLive>, ask: Partial<WaitAsk> = {}) {
  const lane: ModelLive = { ...sampleLive({ serviceMs: 1_000, concurrency: 2 }), ...live };
  return predictWait(lane, { priority: priorityNames.normal, nowMs, ...ask });
}

const startMs = (live: Partial<ModelLive>, ask?: Partial<WaitAsk>) => predict(live, ask)?.startMs;

describe('the start of a job', () => {
  test('is now while a permit is free for it', () => {
    expect(startMs({})).toBe(0);
    expect(startMs({ running: 1 })).toBe(0);
    expect(startMs({ concurrency: 4, running: 1, waiting: 2 })).toBe(0);
  });

  test('comes after the call that ends first, and one place for each job ahead', () => {
    // Two calls of 1 s each: the first ends after 1/3 s, then one every 1/2 s.
    const starts = [0, 1, 2, 10].map((waiting) => startMs({ running: 2, waiting }));
    expect(starts).toEqual([333, 833, 1_333, 5_333]);
  });

  test('counts who is ahead where the place is known', () => {
    expect(startMs({ running: 2, waiting: 50 }, { ahead: { moreUrgent: 1, same: 2 } })).toBe(1_833);
  });

  test('waits for the end of a pause, and then behind who waits', () => {
    const live = { running: 2, waiting: 4, pausedUntilMs: nowMs + 5_000 };
    expect(startMs(live)).toBe(5_000 + 333 + 2_000);
    expect(startMs({ pausedUntilMs: nowMs - 1 })).toBe(0);
  });
});

describe('a line that lasts', () => {
  const live = {
    running: 2,
    waiting: 10,
    answersPerSecond: 10 / 3,
    oldestWaitMs: { normal: 4_000 },
  };

  test('moves half by what was counted, when that is ten answers', () => {
    // Possible are 2 in a second, 10 in 3 seconds were counted: (2 + 3.33) ÷ 2.
    expect(startMs({ ...live, concurrency: 2 })).toBe(333 + Math.round(10_000 / 2.667));
  });

  test('moves as its calls do when it is new, or when nothing was counted', () => {
    expect(startMs({ ...live, oldestWaitMs: { normal: 3_999 } })).toBe(5_333);
    expect(startMs({ ...live, answersPerSecond: 0 })).toBe(5_333);
  });
});

describe('a lane with requests per minute', () => {
  const model = sampleModel('a', {
    deployments: [sampleDeployment({ id: 'a/main', concurrency: 4, rpm: 60 })],
  });

  test('makes 600 jobs wait for ten minutes, although calls take a moment', () => {
    const live = { serviceMs: 100, concurrency: 4, running: 0, waiting: 600 };
    expect(startMs(live, { model })).toBe(600_500);
  });

  test('is not slowed down by a rate that its calls do not reach', () => {
    const live = { serviceMs: 10_000, concurrency: 4, running: 4, waiting: 4 };
    expect(startMs(live, { model })).toBe(12_000);
  });
});

describe('a lane of several deployments', () => {
  const deployment = {
    concurrency: 2,
    running: 0,
    breaker: 'closed',
    openUntilMs: 0,
    pausedUntilMs: 0,
    stopped: false,
  } as const;
  const busy = { concurrency: 99, running: 3, waiting: 5 };

  test('counts those that serve now, with what they may take now', () => {
    const deployments = [
      { ...deployment, id: 'a/one' },
      { ...deployment, id: 'a/ramping', concurrency: 1 },
      { ...deployment, id: 'a/open', openUntilMs: nowMs + 9_000 },
      { ...deployment, id: 'a/paused', pausedUntilMs: nowMs + 9_000 },
      { ...deployment, id: 'a/stopped', stopped: true },
    ];
    expect(startMs({ ...busy, deployments })).toBe(250 + Math.round(5_000 / 3));
  });

  test('waits for the first one that comes back', () => {
    const deployments = [
      { ...deployment, id: 'a/one', openUntilMs: nowMs + 2_000 },
      { ...deployment, id: 'a/two', pausedUntilMs: nowMs + 4_000 },
    ];
    expect(startMs({ ...busy, running: 0, waiting: 0, deployments })).toBe(2_000);
  });

  test('says nothing when all are stopped', () => {
    expect(predict({ deployments: [{ ...deployment, id: 'a/one', stopped: true }] })).toBe(
      undefined,
    );
  });
});

describe('priority', () => {
  const live = { running: 2, waiting: 10, waitingByClass: { urgent: 2, normal: 4, bulk: 4 } };
  const places = (priority: number, figures: Partial<ModelLive> = {}) => {
    const start = startMs({ ...live, ...figures }, { priority });
    return Math.round(100 * (((start ?? 0) - 333) / 500)) / 100;
  };

  test('puts an urgent job behind the urgent ones and the shares of the classes below', () => {
    // Normal and bulk take 20 % of the places: 2 ÷ 0.8.
    expect(places(priorityNames.urgent)).toBe(2.5);
  });

  test('lets a class go on by its share while more urgent ones wait', () => {
    // Urgent: 2 ÷ (0.95 − 0.15) places; 0.15 of them are ours; then 95 % for the rest.
    expect(places(priorityNames.normal)).toBeCloseTo(2.5 + (4 - 0.375) / 0.95, 1);
    // With a thousand urgent ones ahead, the share alone decides: (4 + 1) ÷ 0.15 − 1.
    const waitingByClass = { urgent: 1_000, normal: 4 };
    expect(places(priorityNames.normal, { waitingByClass })).toBeCloseTo(32.33, 1);
  });

  test('puts bulk behind everybody, and never starves it', () => {
    expect(places(priorityNames.bulk)).toBeCloseTo(6 / 0.95 + (4 - 0.05 * (6 / 0.95)), 1);
    const waitingByClass = { urgent: 100_000, bulk: 0 };
    expect(places(priorityNames.bulk, { waitingByClass })).toBe(19);
  });

  test('counts the place that goes to somebody else while the window is full', () => {
    const figures = { waiting: 16, waitingByClass: { bulk: 16 } };
    expect(places(priorityNames.urgent, figures)).toBe(1);
    expect(places(priorityNames.bulk, figures)).toBe(16);
  });
});

describe('the end of a job', () => {
  test('is a mean call after its start while few were measured', () => {
    const latency = { samples: 9, totalMs: { p50: 1, p90: 2, p99: 3 } };
    expect(predict({ running: 2, latency })).toEqual({
      startMs: 333,
      finishMs: 1_333,
      slowFinishMs: 1_333,
    });
  });

  test('is a usual call after its start, and one in ten takes longer than the slow one', () => {
    const latency = { samples: 10, totalMs: { p50: 800, p90: 2_500, p99: 9_000 } };
    expect(predict({ latency })).toEqual({ startMs: 0, finishMs: 800, slowFinishMs: 2_500 });
  });

  test('comes no later than the output cap lets it, however long the answers of others are', () => {
    const totalMs = { p50: 65_000, p90: 80_000, p99: 90_000 };
    const perOutputTokenMs = { p50: 20, p90: 40, p99: 50 };
    const firstByteMs = { p50: 500, p90: 900, p99: 990 };
    const latency = { samples: 10, totalMs, perOutputTokenMs, firstByteMs };
    const finish = (outputTokensMax: number, lane: Partial<ModelLive> = { latency }) => {
      const { finishMs, slowFinishMs } = predict(lane, { outputTokensMax }) ?? {};
      return [finishMs, slowFinishMs];
    };
    expect(finish(5)).toEqual([600, 1_100]);
    expect(finish(10_000)).toEqual([65_000, 80_000]);
    expect(finish(5, { latency: { samples: 10, totalMs, firstByteMs } })).toEqual([65_000, 80_000]);
    const inOnePiece = { ...latency, firstByteMs: totalMs };
    expect(finish(5, { latency: inOnePiece })).toEqual([65_000, 80_000]);
    // An embedding has no output that would bound it.
    expect(finish(0)).toEqual([65_000, 80_000]);
  });
});

test('nothing is predicted while nothing was measured, nobody serves, or an operator holds', () => {
  expect(predictWait(undefined, { priority: 5, nowMs })).toBe(undefined);
  expect(predict({ serviceMs: undefined })).toBe(undefined);
  expect(predict({ poolAlive: false })).toBe(undefined);
  expect(predict({ held: 'paused' })).toBe(undefined);
});

test('a longer queue never makes a start earlier, and every figure is whole and finite', () => {
  const figures = fc.record({
    serviceMs: fc.nat(100_000),
    concurrency: fc.integer({ min: 0, max: 50 }),
    running: fc.nat(60),
    urgent: fc.nat(500),
    normal: fc.nat(500),
    bulk: fc.nat(500),
    priority: fc.integer({ min: 0, max: 9 }),
    more: fc.nat(100),
  });
  fc.assert(
    fc.property(figures, ({ urgent, normal, bulk, priority, more, ...lane }) => {
      const at = (extra: number) =>
        predict(
          {
            ...lane,
            waiting: urgent + normal + bulk + extra,
            waitingByClass: { urgent: urgent + extra, normal, bulk },
          },
          { priority },
        );
      const [before, after] = [at(0), at(more)];
      for (const value of Object.values(before ?? {}))
        expect(value).toSatisfy(Number.isSafeInteger);
      expect(after?.startMs).toBeGreaterThanOrEqual(before?.startMs ?? 0);
    }),
  );
});
