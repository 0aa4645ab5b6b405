import type { JobChange, JobRecord } from '@forebay/shared/domain/job';
import type { DeploymentLive } from '@forebay/shared/domain/live-figures';
import type { ModelLive } from '@forebay/shared/domain/route-plan';
import { describe, expect, test } from 'vitest';
import { nowMs } from '../../../../test/support/decide-scene.ts';
import { sampleCatalog, sampleLive, sampleModel } from '../../../../test/support/sample-catalog.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { chooseRefuge } from './choose-refuge.ts';

interface Scene {
  /** Why nobody is called where it waits; an open breaker when absent. */
  readonly because?: 'breaker_open' | 'paused';
  /** Of the own lane's breaker or pause; 5 s and 0 s when absent. */
  readonly opensInMs?: number;
  readonly lastedMs?: number;
  readonly alpha?: Partial<ModelLive>;
  readonly beta?: Partial<ModelLive>;
  readonly sent?: number;
  /** True when absent. */
  readonly isNext?: boolean;
  readonly history?: JobRecord['history'];
  readonly directives?: JobRecord['spec']['directives'];
  readonly priority?: number;
  /** Until the deadline; an hour when absent. */
  readonly leftMs?: number;
}

/** Ten calls of a second each at a time. */
const quick = { serviceMs: 1_000, concurrency: 10, running: 10, waiting: 0 };

function deploymentOf(changes: Partial<DeploymentLive>): DeploymentLive {
  return {
    ...{ id: 'alpha/main', running: 0, concurrency: 4, breaker: 'open' },
    ...{ openUntilMs: 0, pausedUntilMs: 0, stopped: false },
    ...changes,
  };
}

function choose(scene: Scene): string | undefined {
  const { because = 'breaker_open', opensInMs = 5_000, lastedMs = 0, sent = 0 } = scene;
  const { directives, priority = 5, leftMs = 3_600_000, isNext = true } = scene;
  const deadlineAtMs = nowMs + leftMs;
  const base = sampleRecord({ history: scene.history ?? [], priority, deadlineAtMs });
  const untilMs = nowMs + opensInMs;
  const own =
    because === 'paused'
      ? deploymentOf({ breaker: 'closed', pausedUntilMs: untilMs })
      : deploymentOf({ openUntilMs: untilMs, breakerSinceMs: nowMs - lastedMs });
  const lane = sampleLive({ deployments: [own], ...scene.alpha });
  const beta = sampleLive({ ...quick, ...scene.beta });
  return chooseRefuge({
    record: { ...base, spec: { ...base.spec, models: ['alpha', 'beta'], directives } },
    ...{ because, lane, isNext, nowMs, arrivals: new Map([['beta', sent]]) },
    catalog: sampleCatalog([sampleModel('alpha'), sampleModel('beta')]),
    live: { takenAtMs: nowMs, models: new Map([...Object.entries({ alpha: lane, beta })]) },
  });
}

describe('where a job goes whose model is left alone for a while', () => {
  test('to where it begins before its own model is tried again', () => {
    expect(choose({ beta: { running: 0 } })).toBe('beta');
    expect(choose({ beta: { waiting: 20 } })).toBe('beta');
    expect(choose({ beta: { waiting: 80 } })).toBeUndefined();
    expect(choose({ beta: { waiting: 20 }, opensInMs: 500 })).toBeUndefined();
  });

  test('elsewhere in the end, however short the breaker promises to be open', () => {
    const late = { beta: { waiting: 80 }, opensInMs: 500 };
    expect(choose({ ...late, lastedMs: 5_000 })).toBeUndefined();
    expect(choose({ ...late, lastedMs: 60_000 })).toBe('beta');
  });

  test('not where so many were sent together that it would begin too late', () => {
    let sent = 0;
    while (sent < 1_000 && choose({ sent }) === 'beta') sent += 1;
    // What ten calls of a second at a time begin within five seconds.
    expect(sent).toBeGreaterThanOrEqual(48);
    expect(sent).toBeLessThanOrEqual(52);
  });

  test('only into free places where nobody knows how long calls take', () => {
    const unknown = { serviceMs: undefined, running: 8 };
    expect(choose({ beta: unknown, sent: 1 })).toBe('beta');
    expect(choose({ beta: unknown, sent: 2 })).toBeUndefined();
  });

  test('not where nobody could begin it', () => {
    for (const closed of [{ poolAlive: false }, { stopped: true }, { held: 'draining' }] as const) {
      expect(choose({ beta: { running: 0, ...closed } })).toBeUndefined();
    }
    const failing = { deployments: [deploymentOf({ id: 'beta/main' })] };
    expect(choose({ beta: { running: 0, ...failing } })).toBeUndefined();
  });

  test('from a pause, as long as it is, to where it begins clearly sooner', () => {
    const paused = { because: 'paused', beta: { running: 0 } } as const;
    expect(choose(paused)).toBe('beta');
    expect(choose({ ...paused, opensInMs: 900 })).toBeUndefined();
    expect(choose({ ...paused, beta: { waiting: 20 } })).toBe('beta');
    expect(choose({ ...paused, beta: { waiting: 42 } })).toBeUndefined();
    // A pause does not last longer than it says.
    expect(choose({ ...paused, beta: { waiting: 80 }, lastedMs: 60_000 })).toBeUndefined();
  });

  test('from a pause not to a model that the job would rather avoid', () => {
    const directives = { avoidModels: ['beta'], because: [] };
    const scene = { beta: { running: 0 }, directives };
    expect(choose({ ...scene, because: 'paused' })).toBeUndefined();
    expect(choose(scene)).toBe('beta');
  });

  test('from a pause also bulk work whose line is too long, or that nobody has timed', () => {
    const paused = { because: 'paused', opensInMs: 20_000, beta: { running: 0 } } as const;
    const bulk = { ...paused, priority: 9, leftMs: 60_000 };
    const line = { serviceMs: 10_000, concurrency: 1, waiting: 400, waitingByClass: { bulk: 400 } };
    expect(choose({ ...bulk, alpha: line })).toBeUndefined();
    expect(choose({ ...bulk, alpha: line, isNext: false })).toBe('beta');
    expect(choose({ ...bulk, alpha: { serviceMs: undefined } })).toBe('beta');
  });

  test.each<[string, Partial<Scene>]>([
    ['of bulk work', { priority: 9 }],
    ['that avoids the other model', { directives: { avoidModels: ['beta'], because: [] } }],
    ['of a session', { directives: { stickTo: 'alpha', because: [] } }],
  ])('from a pause a job %s only where it would else be late', (_, scene) => {
    const paused = { because: 'paused', opensInMs: 20_000, ...scene } as const;
    const figures = { alpha: { serviceMs: 50_000 }, beta: { running: 0 } };
    expect(choose({ ...paused, ...figures })).toBeUndefined();
    expect(choose({ ...paused, ...figures, leftMs: 70_000 })).toBeUndefined();
    expect(choose({ ...paused, ...figures, leftMs: 60_000 })).toBe('beta');
    // A long line does not make those at its head late.
    const head = { ...figures, alpha: { ...figures.alpha, waiting: 5_000 }, leftMs: 70_000 };
    expect(choose({ ...paused, ...head })).toBeUndefined();
    const lined = { ...paused, ...figures, beta: { waiting: 300 }, leftMs: 60_000 };
    expect(choose(lined)).toBe('beta');
    expect(choose({ ...lined, sent: 280 })).toBe('beta');
    expect(choose({ ...lined, sent: 300 })).toBeUndefined();
  });

  test('once in one wait, so that it does not go to and fro', () => {
    const entry = (state: JobRecord['state'], reasonCode: string): JobChange => ({
      ...{ version: 1, atMs: nowMs, model: 'alpha', attempts: 0 },
      ...{ state, reasonCode },
    });
    const beta = { running: 0 };
    const moved = [entry('queued', 'queued'), entry('queued', 'reassigned')];
    expect(choose({ beta, history: moved.slice(0, 1) })).toBe('beta');
    expect(choose({ beta, history: moved })).toBeUndefined();
    const paused = { because: 'paused', beta, history: moved, leftMs: 120_000 } as const;
    expect(choose({ ...paused, opensInMs: 119_000 })).toBeUndefined();
    expect(choose({ ...paused, opensInMs: 120_000 })).toBe('beta');
    const failed = [...moved, entry('running', 'running'), entry('queued', 'reassigned')];
    expect(choose({ beta, history: failed })).toBe('beta');
    expect(choose({ beta, history: [...failed, entry('queued', 'reassigned')] })).toBeUndefined();
  });
});
