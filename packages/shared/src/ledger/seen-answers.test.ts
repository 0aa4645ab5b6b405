import { describe, expect, test } from 'vitest';
import { makeLines } from '../../../../test/support/ledger-lines.ts';
import type { LedgerLine } from '../domain/ledger-line.ts';
import { seenAnswers, userSignalsMax } from './seen-answers.ts';

const [sample] = makeLines({ count: 1, seed: 1, fromMs: 0, overMs: 1 });

type Attempt = NonNullable<LedgerLine['attempt']>;

function lineOf(attempt: Partial<Attempt>, changes: Partial<LedgerLine> = {}): LedgerLine {
  if (sample?.attempt === undefined) throw new Error('there is a line with an attempt');
  const { user: _user, ...rest } = sample;
  const made = { ...rest, kind: 'chat.completions', task: 'code', model: 'alpha' } as const;
  return { ...made, attempt: { ...sample.attempt, ...attempt }, ...changes };
}

describe('what an attempt tells of its model', () => {
  test.each([
    ['a plain answer', { outcome: 'succeeded' }, 0],
    ['one that was cut', { outcome: 'succeeded', flaw: 'cut' }, 0.5],
    ['a refusal', { outcome: 'succeeded', flaw: 'refusal' }, 1],
    ['one that missed its form', { outcome: 'malformed_output' }, 1],
    ['filtered content', { outcome: 'content_filtered', ambiguity: 'refused' }, 1],
  ] as const)('%s', (_, attempt, flaws) => {
    expect(seenAnswers([lineOf(attempt)])).toEqual([
      { tenant: 'dev', user: undefined, model: 'alpha', task: 'code', attempts: 1, flaws },
    ]);
  });

  test.each(['timeout', 'overloaded', 'malformed_answer', 'lost_lease', 'cancelled'] as const)(
    'nothing, if it ended as %s',
    (outcome) => expect(seenAnswers([lineOf({ outcome })])).toEqual([]),
  );

  test('nothing, where it embeds or never was', () => {
    expect(seenAnswers([lineOf({ outcome: 'succeeded' }, { kind: 'embeddings' })])).toEqual([]);
    const { attempt: _attempt, ...waited } = lineOf({});
    expect(seenAnswers([waited])).toEqual([]);
  });
});

test('a retry speaks against the model that it retries, once, when it ends', () => {
  const retry = { retries: 'beta', model: 'alpha' };
  const { ends: _ends, ...goesOn } = lineOf({ outcome: 'timeout' }, retry);
  const ended = lineOf({ outcome: 'succeeded' }, { ...retry, ends: true });
  expect(seenAnswers([goesOn, ended])).toMatchObject([
    { model: 'alpha', attempts: 1, flaws: 0 },
    { model: 'beta', attempts: 1, flaws: 1 },
  ]);
});

test('answers are summed up by tenant, model and task, and by user besides', () => {
  const good = { outcome: 'succeeded' } as const;
  const ofAnn = { user: 'ann' };
  const { task: _task, ...unknownTask } = lineOf(good, ofAnn);
  const signals = seenAnswers([
    lineOf(good),
    lineOf(good, ofAnn),
    lineOf({ outcome: 'malformed_output' }, ofAnn),
    unknownTask,
    lineOf(good, { tenant: 'other', ...ofAnn }),
  ]);
  const inWords = signals.map(({ tenant, user, task, attempts, flaws }) =>
    [tenant, user ?? 'all', task ?? 'any', attempts, flaws].join(' '),
  );
  expect(inWords).toEqual([
    'dev all code 3 1',
    'dev all any 1 0',
    'other all code 1 0',
    'dev ann code 2 1',
    'dev ann any 1 0',
    'other ann code 1 0',
  ]);
});

test('of very many users those count who have the most answers; the tenant has all', () => {
  const good = { outcome: 'succeeded' } as const;
  const many = Array.from({ length: userSignalsMax + 1 }, (_, n) =>
    lineOf(good, { user: `u${n}` }),
  );
  const signals = seenAnswers([...many, lineOf(good, { user: `u${userSignalsMax}` })]);
  expect(signals).toHaveLength(1 + userSignalsMax);
  expect(signals[0]).toMatchObject({ user: undefined, attempts: userSignalsMax + 2 });
  expect(signals[1]).toMatchObject({ user: `u${userSignalsMax}`, attempts: 2 });
});
