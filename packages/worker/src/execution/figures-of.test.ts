import { expect, test } from 'vitest';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import type { JudgedEnd } from '../settlement/judge-attempt.ts';
import { figuresOf } from './figures-of.ts';

const record = sampleRecord();
const error = {
  class: 'bad_request',
  status: 400,
  code: 'tools.0.ann_salary',
  message: 'no function "ann_salary"',
} as const;
const end: JudgedEnd = {
  outcome: 'bad_request',
  ambiguity: 'refused',
  error,
  usage: undefined,
  costNanoUsd: 0n,
  costIs: 'none',
  providerRequestId: 'req_1',
  counted: true,
};

test('what a provider wrote stays with a job, and leaves a shadow', () => {
  expect(figuresOf(record, end)).toBe(end);
  const { tenant, id } = record;
  const origin = { route: 'auto', model: 'alpha', outcome: 'succeeded', costNanoUsd: '1' } as const;
  const shadowOf = { tenant, id, ...origin, callMs: 1 };
  const kept = figuresOf({ spec: { ...record.spec, shadowOf } }, end);
  expect(kept).toMatchObject({
    outcome: 'bad_request',
    error: { class: 'bad_request', status: 400 },
  });
  expect(JSON.stringify(kept.error)).not.toContain('ann_salary');
  const unsentEnd: JudgedEnd = { ...end, ambiguity: 'not_sent' };
  const unsent = figuresOf({ spec: { ...record.spec, shadowOf } }, unsentEnd);
  expect(unsent.error?.message).toBe("the model's API has no form for the request");
});
