import type { ModelLive } from '@forebay/shared/domain/route-plan';
import { describe, expect, test } from 'vitest';
import { decide, inWords, lost, nowMs, type Scene } from '../../../../test/support/decide-scene.ts';
import { sampleDeployment, sampleModel } from '../../../../test/support/sample-catalog.ts';

describe('time', () => {
  test('a waiting job whose deadline has passed expires', () => {
    expect(inWords(decide({ why: { kind: 'deadline' } }))).toBe('expired deadline_exceeded');
  });

  test.each([
    ['a failed attempt', {}],
    ['a lost lease', { why: lost }],
    ['a hand-back', { errorClass: 'shutdown' }],
  ] as const)('%s after the deadline lets the job expire', (_, scene) => {
    const move = decide({ ...scene, record: { deadlineAtMs: nowMs } });
    expect(inWords(move)).toBe('expired deadline_exceeded');
  });

  test('no move starts at or after the deadline', () => {
    const scene = { models: [sampleModel('alpha')], retryAfterMs: 60_000 };
    const before = decide({ ...scene, record: { deadlineAtMs: nowMs + 60_001 } });
    expect(before).toMatchObject({ kind: 'move', delayMs: 60_000 });
    const at = decide({ ...scene, record: { deadlineAtMs: nowMs + 60_000 } });
    expect(inWords(at)).toBe('failed paused_past_deadline');
  });

  test('the same model waits as long as the provider asked, another one starts at once', () => {
    const alone = decide({ models: [sampleModel('alpha')], retryAfterMs: 7_000 });
    expect(alone).toMatchObject({ delayMs: 7_000 });
    expect(decide({ retryAfterMs: 7_000 })).toMatchObject({ delayMs: 0 });
  });

  test('no provider can make a job wait longer than the longest pause, and the job says so', () => {
    const models = [sampleModel('alpha')];
    const day = 86_400_000;
    const scene = { models, retryAfterMs: day, record: { deadlineAtMs: nowMs + day } };
    expect(decide(scene)).toMatchObject({
      delayMs: 600_000,
      reason: { text: expect.stringContaining('it asked for 1d, 10m are granted') },
    });
    expect(decide({ ...scene, jitter: 1 })).toMatchObject({ delayMs: 601_000 });
  });

  test('retries of a model grow apart and are spread', () => {
    const scene = { errorClass: 'connect_failed' } as const;
    expect(decide(scene)).toMatchObject({ delayMs: 250 });
    expect(decide({ ...scene, jitter: 0.8 })).toMatchObject({ delayMs: 300 });
    expect(decide({ earlier: [['beta', 'server_error']] })).toMatchObject({ delayMs: 250 });
  });
});

describe('pauses', () => {
  const pausedFor = (durationMs: number) => ({ pausedUntilMs: nowMs + durationMs });
  const limited = { errorClass: 'rate_limited', retryAfterMs: 30_000 } as const;
  const three = ['alpha', 'beta', 'gamma'].map((name) => sampleModel(name));

  test('a model that is free goes before a paused one that is listed earlier', () => {
    const scene = { ...limited, models: three, live: { beta: pausedFor(20_000) } };
    expect(decide(scene)).toMatchObject({ candidate: { model: 'gamma' }, delayMs: 0 });
  });

  test('while all are paused the first to recover is waited for, and the job says when', () => {
    const live = { beta: pausedFor(20_000), gamma: pausedFor(5_000) };
    const move = decide({ ...limited, models: three, live });
    expect(move).toMatchObject({
      candidate: { model: 'gamma' },
      delayMs: 5_000,
      reason: {
        code: 'reassigned',
        text:
          'reassigned: the provider limits the rate, attempt 2 of 4; waiting: every candidate ' +
          'is paused, gamma is the first to recover, at 1970-01-01T00:16:45.500Z',
      },
    });
    const sooner = { ...limited, retryAfterMs: 3_000, models: three, live };
    expect(decide(sooner)).toMatchObject({ candidate: { model: 'alpha' }, delayMs: 3_000 });
  });

  test('a job is not let wait for a recovery after its deadline', () => {
    const live = { beta: pausedFor(40_000) };
    const scene = { ...limited, live };
    const until = (leftMs: number) => ({ record: { deadlineAtMs: nowMs + leftMs } });
    expect(inWords(decide({ ...scene, ...until(30_000) }))).toBe('failed paused_past_deadline');
    expect(decide({ ...scene, ...until(30_001) })).toMatchObject({ delayMs: 30_000 });
    const once = { ...scene, earlier: [['alpha', 'overloaded']] } as const;
    expect(decide({ ...once, ...until(40_000) })).toMatchObject({
      to: 'failed',
      error: {
        code: 'paused_past_deadline',
        message:
          'Every model that is left is paused until after the deadline. ' +
          'Last attempt: the provider limits the rate.',
      },
    });
  });

  test('jobs that come apart do not come after the deadline that one of them would meet', () => {
    const models = [sampleModel('alpha')];
    for (const leftMs of [30_001, 30_002, 30_400]) {
      const scene = { ...limited, models, record: { deadlineAtMs: nowMs + leftMs } };
      for (const jitter of [0, 0.5, 0.999]) {
        expect(inWords(decide({ ...scene, jitter }))).toBe('move alpha');
      }
    }
    const record = { deadlineAtMs: nowMs + 60_000 };
    expect(decide({ ...limited, models, record, jitter: 1 })).toMatchObject({ delayMs: 31_000 });
  });

  test.each(['connect_failed', 'shutdown', 'permit_lapsed', 'price_raised', 'lost_lease'] as const)(
    'a %s keeps a job no longer on a paused model than it would wait elsewhere',
    (errorClass) => {
      const scene = errorClass === 'lost_lease' ? { why: lost } : { errorClass };
      const to = (live: Scene['live']) => decide({ ...scene, live: live ?? {} });
      expect(to({ alpha: pausedFor(50_000) })).toMatchObject({
        candidate: { model: 'beta' },
        delayMs: 0,
      });
      expect(inWords(to({ alpha: pausedFor(900) }))).toBe('move alpha');
      expect(inWords(to({ alpha: pausedFor(20_000), beta: pausedFor(40_000) }))).toBe('move alpha');
      const busy = { running: 4, concurrency: 4, waiting: 6, serviceMs: 10_000 };
      expect(inWords(to({ alpha: pausedFor(15_000), beta: busy }))).toBe('move alpha');
    },
  );

  test('a job without a pool waits for one, where the other model opens after its deadline', () => {
    const open = { breaker: 'open', openUntilMs: nowMs + 40_000 } as const;
    const plain = { running: 0, concurrency: 4, pausedUntilMs: 0, stopped: false } as const;
    const beta = { id: 'beta/main', ...plain, ...open };
    const live = { alpha: { poolAlive: false }, beta: { deployments: [beta] } };
    const scene = { why: lost, live, record: { deadlineAtMs: nowMs + 30_000 } };
    expect(inWords(decide(scene))).toBe('move alpha');
  });

  test('a line that nobody has timed is no refuge from a pause', () => {
    const to = (beta: Partial<ModelLive>) => inWords(decide({ ...limited, live: { beta } }));
    expect(to({ running: 4, waiting: 5_000 })).toBe('move alpha');
    expect(to({ running: 3, waiting: 1 })).toBe('move alpha');
    expect(to({ running: 3 })).toBe('move beta');
  });

  test('a paused model is no refuge from a failure that pauses nothing', () => {
    const scene = { errorClass: 'timeout', live: { beta: pausedFor(20_000) } } as const;
    expect(inWords(decide(scene))).toBe('move alpha');
  });

  test.each<[string, Partial<ModelLive>]>([
    ['an operator holds', { held: 'paused' }],
    ['no worker serves', { poolAlive: false }],
  ])(
    'a model that %s is no refuge while one is left that the job would rather avoid',
    (_, live) => {
      const directives = { avoidModels: ['alpha'], because: [] };
      const scene = { ...limited, spec: { directives }, live: { beta: live } };
      expect(decide(scene)).toMatchObject({ candidate: { model: 'alpha' }, delayMs: 30_000 });
      const twice = { ...scene, earlier: [['alpha', 'overloaded']] } as const;
      expect(inWords(decide(twice))).toBe('move beta');
    },
  );

  test('a second deployment takes over at once, whatever the first one asked for', () => {
    const deployments = ['alpha/main', 'alpha/second'].map((id) => sampleDeployment({ id }));
    const models = [sampleModel('alpha', { deployments }), sampleModel('beta')];
    const move = decide({ ...limited, models });
    expect(move).toMatchObject({ candidate: { model: 'alpha' }, delayMs: 250 });
    const bothPaused = { alpha: pausedFor(20_000) };
    expect(inWords(decide({ ...limited, models, live: bothPaused }))).toBe('move beta');
  });

  test.each<[string, Partial<ModelLive>]>([
    ['an operator holds', { held: 'draining' }],
    ['no worker serves', { poolAlive: false }],
    ['nobody has timed, with a line, and no worker serves', { poolAlive: false, waiting: 50 }],
  ])('a model that %s is better than one that is paused past the deadline', (_, beta) => {
    const directives = { avoidModels: ['alpha'], because: [] };
    const scene = { ...limited, spec: { directives }, live: { beta } };
    const until = (leftMs: number) => ({ record: { deadlineAtMs: nowMs + leftMs } });
    expect(inWords(decide({ ...scene, ...until(30_000) }))).toBe('move beta');
    expect(inWords(decide({ ...scene, ...until(30_001) }))).toBe('move alpha');
  });

  test.each(['unauthorized', 'quota_exhausted'] as const)(
    'a deployment that is stopped for %s counts no more, whatever the figures show',
    (errorClass) => {
      const ids = ['alpha/main', 'alpha/spare'];
      const deployments = ids.map((id) => sampleDeployment({ id }));
      const models = [sampleModel('alpha', { deployments }), sampleModel('beta')];
      const plain = { running: 0, concurrency: 4, breaker: 'closed', openUntilMs: 0 } as const;
      const next = (spare: { pausedUntilMs?: number; stopped?: boolean }, beta = {}) => {
        const seen = ids.map((id) => ({ id, ...plain, pausedUntilMs: 0, stopped: false }));
        const alpha = {
          deployments: seen.map((each, n) => (n === 1 ? { ...each, ...spare } : each)),
        };
        return decide({ errorClass, models, live: { alpha, beta } });
      };
      expect(inWords(next({}))).toBe('move alpha');
      expect(next(pausedFor(50_000))).toMatchObject({ candidate: { model: 'beta' }, delayMs: 0 });
      expect(inWords(next({ stopped: true }))).toBe('move beta');
      const both = next(pausedFor(5_000), pausedFor(20_000));
      expect(both).toMatchObject({ candidate: { model: 'alpha' }, delayMs: 5_000 });
    },
  );

  test('a model recovers with the first of its deployments, pause or breaker', () => {
    const deployments = ['alpha/main', 'alpha/second'].map((id) => sampleDeployment({ id }));
    const models = [sampleModel('alpha', { deployments })];
    const plain = { running: 0, concurrency: 4, stopped: false } as const;
    const closed = { ...plain, breaker: 'closed', openUntilMs: 0 } as const;
    const open = { ...plain, breaker: 'open', openUntilMs: nowMs + 9_000 } as const;
    const seen = [
      { id: 'alpha/main', pausedUntilMs: 0, ...closed },
      { id: 'alpha/second', pausedUntilMs: nowMs + 4_000, ...open },
    ];
    const scene = { ...limited, models, live: { alpha: { deployments: seen } } };
    expect(decide(scene)).toMatchObject({ delayMs: 9_000 });
    expect(decide({ ...scene, retryAfterMs: 2_000 })).toMatchObject({ delayMs: 2_000 });
  });
});
