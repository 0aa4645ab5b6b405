import { type ErrorClass, errorClasses } from '@forebay/shared/domain/outcome';
import type { RouteDirectives } from '@forebay/shared/domain/route-directives';
import { describe, expect, test } from 'vitest';
import { decide, inWords, lost } from '../../../../test/support/decide-scene.ts';
import {
  sampleDeployment,
  sampleModel,
  samplePriceRow,
} from '../../../../test/support/sample-catalog.ts';
import { candidateFor, planFor } from '../../../../test/support/store.ts';

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
    malformed_output: 'move beta',
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
    const unsent = { errorClass: 'bad_request', end: { ambiguity: 'not_sent' } } as const;
    expect(decide({ ...unsent, models, earlier: three })).toMatchObject({
      error: { message: expect.stringContaining('has no form for the request') },
    });
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

test('a job that moves is planned again by what it asked of its routing', () => {
  const models = ['alpha', 'beta', 'gamma'].map((name, index) => {
    const price = samplePriceRow({ input: 0n, output: 10n ** BigInt(9 - index) });
    return sampleModel(name, { deployments: [sampleDeployment({ id: `${name}/main`, price })] });
  });
  expect(inWords(decide({ models }))).toBe('move beta');
  const spec = { models: ['alpha', 'beta', 'gamma'], routing: { strategy: 'cheapest' } as const };
  expect(inWords(decide({ models, spec }))).toBe('move gamma');
});
