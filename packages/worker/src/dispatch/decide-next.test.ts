import type { Attempt, JobRecord } from '@forebay/shared/domain/job';
import type { Model } from '@forebay/shared/domain/model-catalog';
import { type ErrorClass, errorClasses } from '@forebay/shared/domain/outcome';
import type { RouteDirectives } from '@forebay/shared/domain/route-directives';
import type { ModelLive } from '@forebay/shared/domain/route-plan';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import { describe, expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleDeployment,
  sampleFeatures,
  sampleLive,
  sampleModel,
  samplePriceRow,
} from '../../../../test/support/sample-catalog.ts';
import {
  failedEnd,
  sampleAttempt,
  sampleRecord,
  storedEnd,
} from '../../../../test/support/sample-record.ts';
import { candidateFor, planFor } from '../../../../test/support/store.ts';
import { type DecideInput, decideNext, type NextMove, type ReassignCause } from './decide-next.ts';

const nowMs = 1_000_500;

interface Scene {
  readonly errorClass?: ErrorClass;
  readonly end?: Partial<AttemptSettlement['end']>;
  readonly retryAfterMs?: number;
  /** Classes of earlier attempts, oldest first, as `model: class`. */
  readonly earlier?: readonly (readonly [model: string, errorClass: ErrorClass])[];
  readonly models?: readonly Model[];
  readonly live?: Readonly<Record<string, Partial<ModelLive>>>;
  readonly record?: Partial<JobRecord>;
  readonly spec?: Partial<JobRecord['spec']>;
  readonly why?: ReassignCause;
  readonly jitter?: number;
}

const alphaBeta = [sampleModel('alpha'), sampleModel('beta')];

function earlierAttempts(earlier: Scene['earlier'] = []): Attempt[] {
  return earlier.map(([model, errorClass], index) =>
    sampleAttempt(model, {
      n: index + 1,
      fence: index + 10,
      end: storedEnd(failedEnd(errorClass)),
    }),
  );
}

function inputOf(scene: Scene): DecideInput {
  const models = scene.models ?? alphaBeta;
  const errorClass = scene.errorClass ?? 'server_error';
  const running = sampleAttempt('alpha', { n: (scene.earlier ?? []).length + 1 });
  const base = sampleRecord({ state: 'running', fence: 2 });
  const record: JobRecord = {
    ...base,
    attempts: [...earlierAttempts(scene.earlier), running],
    spec: { ...base.spec, models: models.map((model) => model.name), ...scene.spec },
    ...scene.record,
  };
  const settlement = { fence: 2, end: failedEnd(errorClass, scene.end) };
  const why: ReassignCause = scene.why ?? {
    kind: 'attempt_failed',
    settlement,
    deployment: sampleDeployment({ id: 'alpha/main' }),
    retryAfterMs: scene.retryAfterMs,
  };
  const live = Object.entries(scene.live ?? {}).map(
    ([name, figures]) => [name, sampleLive(figures)] as const,
  );
  return {
    record,
    why,
    catalog: sampleCatalog(models),
    live: { takenAtMs: nowMs, models: new Map(live) },
    nowMs,
    jitter: scene.jitter ?? 0,
  };
}

const decide = (scene: Scene): NextMove => decideNext(inputOf(scene));

/** `move beta`, `failed provider_error`, `stay`: a decision in a few words. */
function inWords(move: NextMove): string {
  if (move.kind === 'move') return `move ${move.candidate.model}`;
  return move.kind === 'end' ? `${move.to} ${move.error.code}` : 'stay';
}

const lost: ReassignCause = {
  kind: 'lost_lease',
  settlement: { fence: 2, end: failedEnd('lost_lease') },
};

describe('what an attempt ended with decides where its job goes', () => {
  const rows: Readonly<Record<ErrorClass, string>> = {
    connect_failed: 'move alpha',
    rate_limited: 'move beta',
    overloaded: 'move beta',
    server_error: 'move beta',
    unauthorized: 'move beta',
    quota_exhausted: 'move beta',
    context_too_long: 'failed provider_error',
    content_filtered: 'failed provider_error',
    bad_request: 'failed provider_error',
    not_found: 'failed provider_error',
    payload_unreadable: 'failed payload_unreadable',
    cut: 'move beta',
    timeout: 'move beta',
    gateway_error: 'move beta',
    lost_lease: 'move alpha',
    malformed_answer: 'move beta',
    worker_error: 'move beta',
    cancelled: 'cancelled cancelled',
    deadline: 'expired deadline_exceeded',
    permit_lapsed: 'move alpha',
    price_raised: 'move alpha',
    shutdown: 'move alpha',
  };

  test.each(errorClasses)('%s', (errorClass) => {
    expect(inWords(decide({ errorClass }))).toBe(rows[errorClass]);
  });

  test('says on the new attempt what happened, with the status, and which attempt it is', () => {
    const error = { class: 'overloaded', status: 503, code: undefined, message: 'busy' } as const;
    expect(decide({ errorClass: 'overloaded', end: { error } })).toMatchObject({
      whyChosen: expect.stringMatching(/^after alpha: the provider is overloaded \(503\); /),
      reason: { code: 'reassigned', text: expect.stringContaining('attempt 2 of 4') },
    });
  });

  test('does not count a hand-back in the number of the next attempt', () => {
    expect(decide({ earlier: [['alpha', 'shutdown']] })).toMatchObject({
      reason: { text: expect.stringContaining('attempt 2 of 4') },
    });
  });

  test('stays on the only model there is', () => {
    const move = decide({ models: [sampleModel('alpha')], errorClass: 'rate_limited' });
    expect(move).toMatchObject({ kind: 'move', reason: { code: 'retrying' } });
  });
});

describe('attempts are limited', () => {
  test('two on one model, then only another one', () => {
    const earlier = [['alpha', 'connect_failed']] as const;
    expect(inWords(decide({ earlier, errorClass: 'connect_failed' }))).toBe('move beta');
    const alone = decide({ earlier, errorClass: 'connect_failed', models: [sampleModel('alpha')] });
    expect(inWords(alone)).toBe('failed provider_error');
  });

  test('four in all, however many models are left', () => {
    const models = ['alpha', 'beta', 'gamma', 'delta'].map((name) => sampleModel(name));
    const two = [
      ['beta', 'server_error'],
      ['gamma', 'server_error'],
    ] as const;
    expect(inWords(decide({ models, earlier: two }))).toBe('move delta');
    const three = [...two, ['gamma', 'overloaded']] as const;
    expect(inWords(decide({ models, earlier: three }))).toBe('failed attempts_exhausted');
  });

  test('a hand-back costs no attempt, however often it happens', () => {
    const earlier = Array.from({ length: 9 }, () => ['alpha', 'shutdown'] as const);
    const move = decide({ earlier, errorClass: 'shutdown' });
    expect(move).toMatchObject({ candidate: { model: 'alpha' }, delayMs: 0 });
  });
});

describe('what may have been paid for is repeated only within the allowance', () => {
  const earlier = [['beta', 'timeout']] as const;

  test.each([
    [0, [], 'failed ambiguous_attempts_exhausted'],
    [1, [], 'move beta'],
    [1, earlier, 'failed ambiguous_attempts_exhausted'],
    [2, earlier, 'move beta'],
  ] as const)('risk_retries %i after %j', (riskRetries, before, expected) => {
    const scene = { spec: { riskRetries }, earlier: before };
    expect(inWords(decide({ ...scene, errorClass: 'cut' }))).toBe(expected);
    if (riskRetries > 0 || before.length > 0) return;
    expect(inWords(decide({ ...scene, why: lost }))).toBe(expected);
  });

  test.each([
    [0, [], 'failed ambiguous_attempts_exhausted'],
    [1, [], 'move alpha'],
    [1, earlier, 'failed ambiguous_attempts_exhausted'],
  ] as const)(
    'risk_retries %i and a call cut by a hand-back, after %j',
    (riskRetries, before, to) => {
      const scene = { spec: { riskRetries }, earlier: before, errorClass: 'shutdown' } as const;
      const cut = { ambiguity: 'unknown', counted: false } as const;
      expect(inWords(decide({ ...scene, end: cut }))).toBe(to);
      expect(inWords(decide({ ...scene, end: { ...cut, ambiguity: 'not_sent' } }))).toBe(
        'move alpha',
      );
    },
  );

  test('a failure that is surely free is not held against it', () => {
    expect(inWords(decide({ earlier, errorClass: 'overloaded' }))).toBe('move beta');
  });
});

describe('money', () => {
  const oneWorstCase = 4_400_000n;
  const money = { ceiling: oneWorstCase, reserved: oneWorstCase, spent: 0n, unknown: 0n };

  test('a dearer fallback that no longer fits is passed over for the next that does', () => {
    const priced = (name: string, output: bigint): Model =>
      sampleModel(name, {
        deployments: [
          sampleDeployment({ id: `${name}/main`, price: samplePriceRow({ input: 0n, output }) }),
        ],
      });
    const models = [
      priced('alpha', 10n ** 9n),
      priced('beta', 10n ** 10n),
      priced('gamma', 10n ** 9n),
    ];
    // At most 1,000 tokens each: 1, 10 and 1 million nano-dollars. One of the first is gone.
    const spent = { ceiling: 10_500_000n, reserved: 1_000_000n, spent: 0n, unknown: 0n };
    const end = { costNanoUsd: 1_000_000n, costIs: 'worst_case', ambiguity: 'unknown' } as const;
    const move = decide({ models, errorClass: 'timeout', end, record: { money: spent } });
    expect(inWords(move)).toBe('move gamma');
    if (move.kind !== 'move') return;
    expect(move.plan.exclusions).toContainEqual({
      model: 'beta',
      code: 'over_ceiling',
      reason: 'could cost 0.01 USD, 0.0095 USD are left',
    });
  });

  test('a job that allows it goes on with the output that the rest of its ceiling buys', () => {
    const money = { ceiling: 6_600_000n, reserved: oneWorstCase, spent: 0n, unknown: 0n };
    const end = { costNanoUsd: 4_400_000n, costIs: 'worst_case', ambiguity: 'unknown' } as const;
    const features = sampleFeatures({ cutsOutput: true });
    const scene = { errorClass: 'timeout', end, record: { money } } as const;
    expect(inWords(decide(scene))).toBe('failed cost_ceiling_exceeded');
    const move = decide({ ...scene, spec: { features } });
    expect(inWords(move)).toBe('move beta');
    if (move.kind !== 'move') return;
    // 400 input tokens at one dollar a million, the rest at four.
    expect(move.candidate).toMatchObject({
      outputCapTokens: 450,
      outputCapSource: 'ceiling',
      reservationNanoUsd: '2200000',
    });
  });

  test('a refused attempt leaves the whole ceiling for the next one', () => {
    expect(inWords(decide({ record: { money } }))).toBe('move beta');
  });

  test('what the failed attempt charges is not left for the next one', () => {
    const end = { costNanoUsd: 1n };
    const move = decide({ record: { money }, errorClass: 'timeout', end });
    expect(inWords(move)).toBe('failed cost_ceiling_exceeded');
  });

  test('what earlier attempts spent or may have spent counts too', () => {
    const spent = { ...money, spent: 1n };
    const unknown = { ...money, unknown: 1n };
    expect(inWords(decide({ record: { money: spent } }))).toBe('failed cost_ceiling_exceeded');
    expect(inWords(decide({ record: { money: unknown } }))).toBe('failed cost_ceiling_exceeded');
  });

  test('a job that waits may use what is reserved for it on another model', () => {
    const scene = {
      record: { money },
      why: { kind: 'lane_closed', because: 'pool_dead' },
      live: { beta: {} },
    } as const;
    expect(inWords(decide(scene))).toBe('move beta');
  });

  test('a first reservation that does not fit ends the job', () => {
    expect(inWords(decide({ why: { kind: 'over_ceiling' } }))).toBe('failed cost_ceiling_exceeded');
  });
});

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
    expect(inWords(at)).toBe('failed provider_error');
  });

  test('the same model waits as long as the provider asked, another one starts at once', () => {
    const alone = decide({ models: [sampleModel('alpha')], retryAfterMs: 7_000 });
    expect(alone).toMatchObject({ delayMs: 7_000 });
    expect(decide({ retryAfterMs: 7_000 })).toMatchObject({ delayMs: 0 });
  });

  test('no provider can make a job wait longer than the longest pause, jitter aside', () => {
    const models = [sampleModel('alpha')];
    const day = 86_400_000;
    const scene = { models, retryAfterMs: day, record: { deadlineAtMs: nowMs + day } };
    expect(decide(scene)).toMatchObject({ delayMs: 600_000 });
    expect(decide({ ...scene, jitter: 1 })).toMatchObject({ delayMs: 750_000 });
  });

  test('retries of a model grow apart and are spread', () => {
    const scene = { errorClass: 'connect_failed' } as const;
    expect(decide(scene)).toMatchObject({ delayMs: 250 });
    expect(decide({ ...scene, jitter: 0.8 })).toMatchObject({ delayMs: 300 });
    expect(decide({ earlier: [['beta', 'server_error']] })).toMatchObject({ delayMs: 250 });
  });
});

describe('workers that die', () => {
  test('the first death moves the job, on the same model while that has living workers', () => {
    expect(inWords(decide({ why: lost }))).toBe('move alpha');
    const dead = { alpha: { poolAlive: false }, beta: {} };
    expect(inWords(decide({ why: lost, live: dead }))).toBe('move beta');
    // The dead worker's permits count until its calls must be over.
    const full = { alpha: { running: 4, concurrency: 4 }, beta: {} };
    expect(inWords(decide({ why: lost, live: full }))).toBe('move beta');
  });

  test('the second death ends it: a third worker is not risked', () => {
    const move = decide({ why: lost, record: { workerDeaths: 1 } });
    expect(inWords(move)).toBe('failed quarantined');
  });

  test('a waiting job whose ticket got stuck keeps its place under a new ticket', () => {
    const why = { kind: 'ticket_stuck' } as const;
    const move = decide({ why, record: { state: 'queued', whyChosen: 'the first' } });
    expect(move).toMatchObject({
      candidate: { model: 'alpha' },
      delayMs: 0,
      whyChosen: 'the first',
      reason: { code: 'queued' },
    });
    expect(inWords(decide({ why, record: { model: 'gone' } }))).toBe('stay');
  });

  test('a job leaves a dead pool only for a model with living workers', () => {
    const why = { kind: 'lane_closed', because: 'pool_dead' } as const;
    expect(inWords(decide({ why, live: { beta: { poolAlive: true } } }))).toBe('move beta');
    expect(inWords(decide({ why, live: { beta: { poolAlive: false } } }))).toBe('stay');
    expect(inWords(decide({ why }))).toBe('stay');
    expect(inWords(decide({ why, models: [sampleModel('alpha')] }))).toBe('stay');
  });

  test('a job leaves a stopped model only for one that is not stopped too', () => {
    const why = { kind: 'lane_closed', because: 'stopped' } as const;
    expect(inWords(decide({ why, live: { beta: { stopped: false } } }))).toBe('move beta');
    expect(inWords(decide({ why, live: { beta: { stopped: true } } }))).toBe('stay');
  });

  test('a job of a model that was removed moves or fails, it never waits for nothing', () => {
    const why = { kind: 'lane_closed', because: 'removed' } as const;
    const models = [sampleModel('beta')];
    expect(inWords(decide({ why, models, live: { beta: {} } }))).toBe('move beta');
    expect(inWords(decide({ why, models }))).toBe('failed no_eligible_model');
    // Its own fallbacks are gone with it; the plan still knows them.
    const planned = planFor(candidateFor('alpha', 1n), candidateFor('beta', 1n));
    const spec = { requested: 'alpha', models: [] };
    const single = { why, models, spec, record: { plan: planned } };
    expect(inWords(decide({ ...single, live: { beta: {} } }))).toBe('move beta');
  });
});

describe('failures that ask for a certain kind of model', () => {
  const models = [
    sampleModel('alpha'),
    sampleModel('beta'),
    sampleModel('wide', { contextWindowTokens: 200_000 }),
  ];

  test('a prompt that was too long goes to a larger window only', () => {
    expect(inWords(decide({ models, errorClass: 'context_too_long' }))).toBe('move wide');
  });

  test('filtered content goes to another model only if the caller opted in', () => {
    const scene = { models, errorClass: 'content_filtered' } as const;
    expect(inWords(decide(scene))).toBe('failed provider_error');
    const opted = { ...scene, spec: { fallbackOnFilter: true } };
    expect(inWords(decide(opted))).toBe('move beta');
    const alone = { ...opted, models: [sampleModel('alpha')] };
    expect(inWords(decide(alone))).toBe('failed provider_error');
  });

  test('refused credentials try another deployment of the same model, whatever came before', () => {
    const deployments = [
      sampleDeployment({ id: 'alpha/main' }),
      sampleDeployment({ id: 'alpha/second' }),
    ];
    const two = [sampleModel('alpha', { deployments }), sampleModel('beta')];
    const scene = { models: two, errorClass: 'unauthorized' } as const;
    expect(inWords(decide(scene))).toBe('move alpha');
    expect(inWords(decide({ ...scene, earlier: [['beta', 'overloaded']] }))).toBe('move alpha');
  });
});

describe('what was decided at intake', () => {
  const aim = (directives: Partial<RouteDirectives>) => ({
    spec: { requested: 'auto', models: [], directives: { because: ['rule x'], ...directives } },
  });
  const target = { requested: 'auto', models: ['alpha', 'beta', 'gamma'] };
  const models = ['alpha', 'beta', 'gamma'].map((name) => sampleModel(name));

  test('holds for the next model, too', () => {
    const scene = { models, ...aim({ target, forbidModels: ['beta'] }) };
    expect(inWords(decide(scene))).toBe('move gamma');
  });

  test('stands for what the plan had once its target is no longer configured', () => {
    const plan = planFor(candidateFor('alpha', 1n), candidateFor('gamma', 1n));
    const gone = { requested: 'gone', models: [] };
    const scene = { models, ...aim({ target: gone }), record: { plan } };
    expect(inWords(decide(scene))).toBe('move gamma');
  });
});
