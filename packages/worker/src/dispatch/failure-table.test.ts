/**
 * The table of failures, row by row: what each class costs under each ambiguity, and where its job
 * goes. Rows are numbered as in docs/fallbacks.md; 0 is what this worker does to itself.
 */
import {
  type Ambiguity,
  type ErrorClass,
  errorClasses,
  ruleOf,
} from '@forebay/shared/domain/outcome';
import { describe, expect, test } from 'vitest';
import { decide, inWords, nowMs, type Scene } from '../../../../test/support/decide-scene.ts';
import {
  sampleDeployment,
  sampleModel,
  samplePrice,
} from '../../../../test/support/sample-catalog.ts';
import { type JudgedEnd, judgeEnding, judgeFailure } from '../settlement/judge-attempt.ts';
import { lanePauseMs } from './lane-pause.ts';

type Charge = JudgedEnd['costIs'];

interface Row {
  readonly row: number;
  readonly errorClass: ErrorClass;
  readonly ambiguity: Ambiguity;
  readonly charge: Charge;
  /** With a second model that is free, and with none. */
  readonly next: string;
  readonly alone: string;
}

const failed = 'failed provider_error';
const stays = { next: 'move alpha', alone: 'move alpha' };
const moves = { next: 'move beta', alone: 'move alpha' };
const ends = { next: failed, alone: failed };
const ended = (words: string) => ({ next: words, alone: words });
const cancelled = ended('cancelled cancelled');
const expired = ended('expired deadline_exceeded');

const none = { charge: 'none' } as const;
const exact = { ambiguity: 'answered', charge: 'exact' } as const;
const worst = { ambiguity: 'unknown', charge: 'worst_case' } as const;
const notSent = { ambiguity: 'not_sent', ...none } as const;
const refused = { ambiguity: 'refused', ...none } as const;
/** We ended it ourselves after the answer had begun: what it cost, nobody told us. */
const unheard = { ambiguity: 'answered', charge: 'worst_case' } as const;

const rows: readonly Row[] = [
  { row: 1, errorClass: 'connect_failed', ...notSent, ...stays },
  { row: 2, errorClass: 'rate_limited', ...refused, ...moves },
  { row: 2, errorClass: 'overloaded', ...refused, ...moves },
  { row: 2, errorClass: 'server_error', ...refused, ...moves },
  { row: 3, errorClass: 'unauthorized', ...refused, ...moves },
  { row: 3, errorClass: 'unauthorized', ...notSent, ...moves },
  { row: 3, errorClass: 'quota_exhausted', ...refused, ...moves },
  { row: 4, errorClass: 'context_too_long', ...refused, ...ends },
  { row: 5, errorClass: 'content_filtered', ...refused, ...ends },
  { row: 5, errorClass: 'content_filtered', ...exact, ...ends },
  { row: 6, errorClass: 'bad_request', ...refused, ...ends },
  { row: 6, errorClass: 'bad_request', ...notSent, next: 'move beta', alone: failed },
  { row: 6, errorClass: 'not_found', ...refused, ...ends },
  { row: 7, errorClass: 'cut', ...worst, ...moves },
  { row: 7, errorClass: 'timeout', ...worst, ...moves },
  { row: 7, errorClass: 'gateway_error', ...worst, ...moves },
  { row: 7, errorClass: 'malformed_answer', ...worst, ...moves },
  { row: 7, errorClass: 'worker_error', ...worst, ...moves },
  { row: 7, errorClass: 'lost_lease', ...worst, ...stays },
  { row: 8, errorClass: 'malformed_answer', ...exact, ...moves },
  { row: 8, errorClass: 'malformed_output', ...exact, ...moves },
  { row: 9, errorClass: 'cancelled', ...notSent, ...cancelled },
  { row: 9, errorClass: 'cancelled', ...refused, ...cancelled },
  { row: 9, errorClass: 'cancelled', ...unheard, ...cancelled },
  { row: 9, errorClass: 'cancelled', ...worst, ...cancelled },
  { row: 9, errorClass: 'deadline', ...notSent, ...expired },
  { row: 9, errorClass: 'deadline', ...refused, ...expired },
  { row: 9, errorClass: 'deadline', ...unheard, ...expired },
  { row: 9, errorClass: 'deadline', ...worst, ...expired },
  { row: 9, errorClass: 'shutdown', ...notSent, ...stays },
  { row: 9, errorClass: 'shutdown', ...refused, ...stays },
  { row: 9, errorClass: 'shutdown', ...unheard, ...stays },
  { row: 9, errorClass: 'shutdown', ...worst, ...stays },
  { row: 0, errorClass: 'permit_lapsed', ...notSent, ...stays },
  { row: 0, errorClass: 'price_raised', ...notSent, ...stays },
  { row: 0, errorClass: 'payload_unreadable', ...notSent, ...ended('failed payload_unreadable') },
];

const terms = {
  reservation: 4_400_000n,
  price: samplePrice,
  bounds: { inputTokensMax: 400, outputTokensMax: 1_000, imageCount: 0 },
};

const ourOwn: readonly ErrorClass[] = ['cancelled', 'deadline', 'shutdown', 'lost_lease'];

/** How such an attempt is written down. */
function endOf({ errorClass, ambiguity }: Pick<Row, 'errorClass' | 'ambiguity'>): JudgedEnd {
  if (ourOwn.includes(errorClass)) return judgeEnding(terms, errorClass, ambiguity);
  return judgeFailure(terms, {
    kind: 'failed',
    ...{ errorClass, ambiguity, message: 'told', status: undefined, code: undefined },
    ...{ retryAfterMs: undefined, requestId: undefined, rateLimits: undefined },
    timings: { firstByteMs: undefined, totalMs: 1 },
    usage: { inputTokens: 100, cachedInputTokens: 0, outputTokens: 10, reasoningTokens: 0 },
  });
}

function sceneOf(row: Pick<Row, 'errorClass' | 'ambiguity'>, scene: Scene = {}): Scene {
  const { errorClass } = row;
  const end = { ...endOf(row), endedAtMs: nowMs };
  if (errorClass !== 'lost_lease') return { errorClass, end, ...scene };
  return { why: { kind: 'lost_lease', settlement: { fence: 2, end } }, ...scene };
}

const alone = { models: [sampleModel('alpha')] };

describe('the table of failures', () => {
  test('has every class under every ambiguity that it can be seen with, once', () => {
    const seen = rows.map(({ errorClass, ambiguity }) => `${errorClass} ${ambiguity}`);
    const possible = errorClasses.flatMap((errorClass) =>
      ruleOf(errorClass).ambiguities.map((ambiguity) => `${errorClass} ${ambiguity}`),
    );
    expect(seen.toSorted()).toEqual(possible.toSorted());
  });

  test.each(rows)('row $row: $errorClass, $ambiguity, costs $charge: $next', (row) => {
    expect(endOf(row).costIs).toBe(row.charge);
    expect(inWords(decide(sceneOf(row)))).toBe(row.next);
    expect(inWords(decide(sceneOf(row, alone)))).toBe(row.alone);
  });

  const inRow = (number: number) => rows.filter(({ row }) => row === number);

  test('row 1: the same model once more, then another', () => {
    const earlier = [['alpha', 'connect_failed']] as const;
    for (const row of inRow(1))
      expect(inWords(decide(sceneOf(row, { earlier })))).toBe('move beta');
  });

  test.each(inRow(2))('row 2: $errorClass pauses the lane; another model if sooner', (row) => {
    expect(lanePauseMs(row.errorClass, undefined)).toBeGreaterThan(0);
    expect(lanePauseMs(row.errorClass, 30_000)).toBe(30_000);
    // Six jobs in two rounds of ten seconds are ahead there; the pause is over sooner.
    const beta = { running: 4, concurrency: 4, waiting: 6, serviceMs: 10_000 };
    const busy = sceneOf(row, { live: { beta }, retryAfterMs: 2_000 });
    expect(decide(busy)).toMatchObject({ candidate: { model: 'alpha' }, delayMs: 2_000 });
    const patient = sceneOf(row, { live: { beta }, retryAfterMs: 60_000 });
    expect(inWords(decide(patient))).toBe('move beta');
  });

  test.each(inRow(3))('row 3: $errorClass tries another deployment first', (row) => {
    const deployments = ['alpha/main', 'alpha/spare'].map((id) => sampleDeployment({ id }));
    const models = [sampleModel('alpha', { deployments }), sampleModel('beta')];
    expect(inWords(decide(sceneOf(row, { models })))).toBe('move alpha');
    expect(lanePauseMs(row.errorClass, 30_000)).toBe(0);
  });

  test.each(inRow(4))('row 4: $errorClass goes to a larger window only', (row) => {
    const wide = sampleModel('wide', { contextWindowTokens: 200_000 });
    const models = [sampleModel('alpha'), sampleModel('beta'), wide];
    expect(inWords(decide(sceneOf(row, { models })))).toBe('move wide');
  });

  test.each(inRow(5))('row 5: $errorClass, $ambiguity, moves if the caller opted in', (row) => {
    const spec = { fallbackOnFilter: true };
    expect(inWords(decide(sceneOf(row, { spec })))).toBe('move beta');
    expect(inWords(decide(sceneOf(row, { spec, ...alone })))).toBe(failed);
  });

  test('row 6: what one API has no form for goes to each other model once, and says so', () => {
    const row = { errorClass: 'bad_request', ambiguity: 'not_sent' } as const;
    const move = decide(sceneOf(row));
    expect(move).toMatchObject({
      delayMs: 0,
      reason: { text: expect.stringContaining("the model's API has no form for the request") },
    });
    const models = ['alpha', 'beta', 'gamma'].map((name) => sampleModel(name));
    const earlier = [['beta', 'overloaded']] as const;
    expect(inWords(decide(sceneOf(row, { models, earlier })))).toBe('move gamma');
    const message = expect.stringMatching(/Last attempt: the model's API has no form for/);
    expect(decide(sceneOf(row, alone))).toMatchObject({ error: { message } });
  });

  test.each(inRow(7))('row 7: $errorClass, $ambiguity, is bounded by its money', (row) => {
    const exhausted = 'failed ambiguous_attempts_exhausted';
    const risk = (riskRetries: number, scene: Scene = {}) =>
      inWords(decide(sceneOf(row, { ...scene, spec: { riskRetries } })));
    expect(risk(0)).toBe(exhausted);
    const earlier = [['beta', 'timeout']] as const;
    expect(risk(1, { earlier })).toBe(exhausted);
    expect(risk(2, { earlier })).toMatch(/^move/);
    const money = { ceiling: 8_000_000n, reserved: 4_400_000n, spent: 0n, unknown: 0n };
    expect(risk(1, { record: { money } })).toBe('failed cost_ceiling_exceeded');
  });

  test.each(inRow(8))('row 8: $errorClass, $ambiguity, may move on within the allowance', (row) => {
    const to = (spec: Scene['spec']) => inWords(decide(sceneOf(row, { spec: spec ?? {} })));
    const isMiss = row.errorClass === 'malformed_output';
    expect(to({ riskRetries: 0 })).toBe(
      isMiss ? 'failed malformed_output' : 'failed ambiguous_attempts_exhausted',
    );
    expect(to({ onMiss: 'move_on' })).toBe('move beta');
    expect(to({ onMiss: 'fail' })).toBe(isMiss ? 'failed malformed_output' : 'move beta');
  });

  test('row 8: a miss says where it was when nothing is left to try', () => {
    const row = { errorClass: 'malformed_output', ambiguity: 'answered' } as const;
    const earlier = [['alpha', 'server_error']] as const;
    expect(decide(sceneOf(row, { ...alone, earlier }))).toMatchObject({
      to: 'failed',
      error: {
        code: 'malformed_output',
        message: expect.stringMatching(/cannot be used: told\.$/),
      },
    });
  });

  test('row 9: three different ends, and a shutdown costs no attempt', () => {
    const counted = inRow(9).map((row) => [row.errorClass, endOf(row).counted] as const);
    expect(new Map(counted)).toEqual(
      new Map([
        ['cancelled', true],
        ['deadline', true],
        ['shutdown', false],
      ]),
    );
  });
});
