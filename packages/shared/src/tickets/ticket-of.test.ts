import { expect, test } from 'vitest';
import { sampleAttempt, sampleRecord } from '../../../../test/support/sample-record.ts';
import { candidateFor, planFor } from '../../../../test/support/store.ts';
import { ticketOf } from './ticket-of.ts';

test('a ticket points at the job as it stands now', () => {
  const plan = planFor(candidateFor('alpha', 400n), candidateFor('beta', 900n));
  const record = sampleRecord({
    model: 'beta',
    fence: 5,
    plan,
    attempts: [sampleAttempt('alpha')],
  });
  expect(ticketOf(record)).toEqual({
    job: record.id,
    fence: 5,
    tenant: record.tenant,
    model: 'beta',
    requestedModel: 'alpha',
    priority: 5,
    deadlineAtMs: record.deadlineAtMs,
    attempt: 2,
    estimatedCostNanoUsd: 450n,
    reservedTokens: 100,
  });
});

test('a model that its plan does not name costs and reserves nothing that is known', () => {
  const ticket = ticketOf(sampleRecord({ model: 'gone' }));
  expect(ticket).toMatchObject({ estimatedCostNanoUsd: 0n, reservedTokens: 0 });
});
