import { describe, expect, test } from 'vitest';
import {
  isTerminal,
  type JobState,
  jobMoves,
  jobStates,
  parseJobState,
  terminalJobStates,
} from './job-state.ts';

function reachableFrom(start: JobState | null): ReadonlySet<JobState> {
  const reached = new Set<JobState>();
  const visit = (from: JobState | null): void => {
    for (const move of jobMoves) {
      if (move.from !== from || reached.has(move.to)) continue;
      reached.add(move.to);
      visit(move.to);
    }
  };
  visit(start);
  return reached;
}

describe('the table of moves', () => {
  test('reaches every state from birth', () => {
    expect([...reachableFrom(null)].toSorted()).toEqual([...jobStates].toSorted());
  });

  test('leaves no terminal state', () => {
    expect(jobMoves.filter((move) => move.from !== null && isTerminal(move.from))).toEqual([]);
  });

  test('leads from every other state to an end', () => {
    for (const state of jobStates.filter((each) => !isTerminal(each))) {
      expect([...reachableFrom(state)].some(isTerminal), state).toBe(true);
    }
  });

  test('lets a cancelling job end only as cancelled', () => {
    expect([...reachableFrom('cancelling')]).toEqual(['cancelled']);
  });

  test('lets every waiting or running job be cancelled and expire', () => {
    for (const state of ['scheduled', 'queued', 'running'] as const) {
      expect(reachableFrom(state)).toContain('cancelled');
      expect(reachableFrom(state)).toContain('expired');
    }
  });

  test('holds no move twice', () => {
    const moves = jobMoves.map(({ from, to, by }) => `${from} ${to} ${by}`);
    expect(new Set(moves).size).toBe(moves.length);
  });
});

describe('states', () => {
  test('are terminal exactly when they are in the list of ends', () => {
    expect(jobStates.filter(isTerminal)).toEqual([...terminalJobStates]);
  });

  test('parse from their own text only', () => {
    for (const state of jobStates) expect(parseJobState(state)).toBe(state);
    expect(parseJobState('done')).toBeUndefined();
    expect(parseJobState('Queued')).toBeUndefined();
  });
});
