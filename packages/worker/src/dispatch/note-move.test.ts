import type { RouteMove } from '@forebay/shared/domain/route-move';
import type { RoutePlan } from '@forebay/shared/domain/route-plan';
import { expect, test } from 'vitest';
import { candidateFor, planFor } from '../../../../test/support/store.ts';
import { noteMove } from './note-move.ts';

const reason = { code: 'reassigned', text: 'reassigned: provider 503, attempt 2 of 4' };

test('a move keeps what was compared until then, and why it was left', () => {
  const candidate = { ...candidateFor('alpha', 9n), score: 0.123_456, startMs: 1.4 };
  const plan: RoutePlan = {
    ...planFor(candidate),
    exclusions: [{ model: 'beta', code: 'tag_missing', reason: 'lacks the tag eu' }],
    plannedAtMs: 5,
  };
  expect(noteMove({ model: 'alpha', plan }, { to: 'gamma', reason, nowMs: 7 })).toEqual([
    {
      ...{ n: 1, atMs: 7, from: 'alpha', to: 'gamma', reason, plannedAtMs: 5 },
      compared: [
        {
          ...{ model: 'alpha', score: 0.1235, startMs: 1 },
          expectedNanoUsd: candidate.expectedNanoUsd,
          ...(candidate.expectedMs === undefined ? {} : { expectedMs: candidate.expectedMs }),
        },
      ],
      excluded: [{ model: 'beta', code: 'tag_missing' }],
    },
  ]);
});

test('a job that moves without end keeps its first plan and the newest, in bounded size', () => {
  const names = Array.from({ length: 50 }, (_, n) => `a-model-with-a-long-name-${n}`);
  const plan: RoutePlan = {
    ...planFor(...names.map((name) => candidateFor(name, 9_000_000_000_000_000n))),
    exclusions: names.map((model) => ({ model, code: 'cannot_meet_deadline', reason: 'late' })),
  };
  const long = { code: 'reassigned', text: 'x'.repeat(5_000) };
  let moves: readonly RouteMove[] = [];
  for (let nowMs = 1; nowMs <= 30; nowMs += 1) {
    moves = noteMove({ model: 'alpha', plan, moves }, { to: 'beta', reason: long, nowMs });
  }
  expect(moves.map(({ n }) => n)).toEqual([1, 24, 25, 26, 27, 28, 29, 30]);
  expect(JSON.stringify(moves).length).toBeLessThan(11_000);
});
