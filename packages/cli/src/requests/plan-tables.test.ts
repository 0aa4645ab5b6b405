import type { RoutePlan } from '@forebay/client';
import { expect, test } from 'vitest';
import { moveTable, planTables, planTerms } from './plan-tables.ts';

const plan: RoutePlan = {
  requested: 'auto',
  strategy: 'balanced',
  weights: { cost: 1, speed: 1, quality: 2, load: 0.5 },
  task: { class: 'code', complexity: 'hard', confidence: 0.9, signals: ['code fence'] },
  because: ['rule eu-only'],
  candidates: [
    {
      model: 'medium',
      reason:
        'balanced: about 0.0026 USD, at most 0.01 USD; about 3000 ms; quality 0.8 (prior); ' +
        'is preferred',
      score: 0.25,
      scores: { cost: 0.1667, speed: 0.25, quality: 0.2857, load: 0 },
      quality: { value: 0.8, source: 'prior', samples: 0 },
      expected_cost_usd: '0.0026',
      worst_case_cost_usd: '0.01',
      expected_start_seconds: 0.4,
      expected_seconds: 3.4,
      output_cap: { tokens: 400, source: 'default' },
    },
    {
      model: 'new',
      reason: 'balanced: about 0.003 USD, at most 0.02 USD; not timed yet',
      score: 0.5,
      scores: null,
      quality: null,
      expected_cost_usd: '0.003',
      worst_case_cost_usd: '0.02',
      expected_start_seconds: null,
      expected_seconds: null,
      output_cap: { tokens: 400, source: 'default' },
    },
  ],
  exclusions: [
    {
      model: 'far',
      code: 'tag_missing',
      reason: 'lacks the tag europe',
      quality: null,
      expected_cost_usd: '0.001',
      expected_seconds: 1.5,
    },
  ],
  catalog_version: '6dd0f1fbd553',
  planned_at: '2030-01-31T12:00:00.000Z',
};

test('each candidate is a row with its figures, and what has no column as the reason', () => {
  const lines = planTables(plan)
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
  expect(lines[2]).toEqual([
    ...['1', 'medium', '0.0026', '0.01', '0.4', '3.4', '0.8'],
    ...['0.25', '0.1667', '0.25', '0.2857', '0', 'is preferred'],
  ]);
  expect(lines[3]).toEqual([
    ...['2', 'new', '0.003', '0.02', '-', '-', '-', '0.5', '-', '-', '-', '-'],
  ]);
});

test('each model that was left out is a row with what it would have cost and taken', () => {
  const lines = planTables(plan)
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
  expect(lines).toContainEqual(['far', 'tag_missing', '0.001', '1.5', '-', 'lacks the tag europe']);
  expect(planTables({ ...plan, candidates: [] })).not.toContain('score');
  expect(planTables({ ...plan, exclusions: [] })).not.toContain('code');
});

test('the terms name strategy, weights and what had a part in it', () => {
  const terms = 'balanced: cost 1, speed 1, quality 2, load 0.5; task code, hard (code fence)';
  expect(planTerms(plan)).toBe(`${terms}; rule eu-only`);
  expect(planTerms({ ...plan, weights: null, task: null, because: [], strategy: 'cheapest' })).toBe(
    'cheapest',
  );
});

test('a move says what was compared before it, and why the job went on', () => {
  const table = moveTable([
    {
      ...{ n: 1, at: '2030-01-31T12:00:01.000Z', from: 'medium', to: 'new' },
      reason: { code: 'reassigned', text: 'provider 503, attempt 2 of 4' },
      planned_at: '2030-01-31T12:00:00.000Z',
      compared: plan.candidates,
      excluded: plan.exclusions,
    },
  ]);
  expect(table.split('\n')[2]?.trim().split(/ {2,}/)).toEqual([
    ...['1', '2030-01-31T12:00:01.000Z', 'medium', 'new', 'medium 0.25, new 0.5'],
    ...['far tag_missing', 'provider 503, attempt 2 of 4'],
  ]);
});
