import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { describe, expect, test } from 'vitest';
import { parseJobRequest } from './parse-job-request.ts';

const minimal = {
  kind: 'chat.completions',
  model: 'gpt-mini',
  body: { messages: [{ role: 'user', content: 'hi' }] },
};

function problemsOf(envelope: unknown): ForebayError {
  try {
    parseJobRequest(envelope);
  } catch (error) {
    // The error is what these tests look at.
    if (ForebayError.is(error)) return error;
    throw error;
  }
  throw new Error('the envelope was accepted');
}

describe('parseJobRequest', () => {
  test('fills in the defaults of a minimal job', () => {
    expect(parseJobRequest(minimal)).toEqual({
      kind: 'chat.completions',
      requested: 'gpt-mini',
      models: [],
      body: minimal.body,
      priority: undefined,
      routing: undefined,
      ceiling: undefined,
      times: { runAtMs: undefined, deadlineAtMs: undefined, timeoutMs: undefined },
      webhook: undefined,
      metadata: {},
      user: undefined,
      customId: undefined,
      riskRetries: undefined,
      fallbackOnFilter: false,
      acceptsLate: undefined,
      onMiss: undefined,
      cutsOutput: false,
      stream: false,
    });
  });

  test('reads every field', () => {
    const { model: _model, ...rest } = minimal;
    const request = parseJobRequest({
      ...rest,
      models: ['a', 'b'],
      routing: { strategy: 'fastest' },
      priority: 'urgent',
      max_cost_usd: '0.25',
      timeout_seconds: 90,
      run_at: '2030-01-31T12:00:00+01:00',
      webhook: { url: 'https://example.com/hook', events: ['job.failed'] },
      metadata: { team: 'search' },
      user: 'u1',
      custom_id: 'row-1',
      risk_retries: 0,
      fallback_on_filter: true,
      accept_late: true,
      validation: { on_miss: 'fail' },
      cap_output: true,
      stream: true,
    });
    expect(request).toMatchObject({
      requested: 'a,b',
      models: ['a', 'b'],
      routing: { strategy: 'fastest' },
      priority: 0,
      ceiling: 250_000_000n,
      times: { runAtMs: Date.parse('2030-01-31T11:00:00Z'), timeoutMs: 90_000 },
      webhook: { url: 'https://example.com/hook', events: ['job.failed'] },
      riskRetries: 0,
      fallbackOnFilter: true,
      acceptsLate: true,
      onMiss: 'fail',
      cutsOutput: true,
      stream: true,
    });
  });

  test.each([
    [0.1, 100_000_000n],
    [0, 0n],
    [1e-7, 100n],
    ['9000000', 9_000_000_000_000_000n],
  ])('reads the ceiling %s exactly', (given, nanoUsd) => {
    expect(parseJobRequest({ ...minimal, max_cost_usd: given }).ceiling).toBe(nanoUsd);
  });

  test.each([
    ['kind', { kind: 'images' }, '/kind'],
    ['an empty model', { model: '' }, '/model'],
    ['both model and models', { models: ['a'] }, '/model'],
    ['a doubled model', { model: undefined, models: ['a', 'a'] }, '/models'],
    ['too many models', { model: undefined, models: 'abcdefghi'.split('') }, '/models'],
    ['a body that is a list', { body: [] }, '/body'],
    ['another model in the body', { body: { model: 'other' } }, '/body/model'],
    ['priority 10', { priority: 10 }, '/priority'],
    ['priority 1.5', { priority: 1.5 }, '/priority'],
    ['an unknown priority name', { priority: 'asap' }, '/priority'],
    ['a negative ceiling', { max_cost_usd: -1 }, '/max_cost_usd'],
    ['a ceiling with an exponent', { max_cost_usd: '1e3' }, '/max_cost_usd'],
    ['a ceiling above the maximum', { max_cost_usd: '9000000.01' }, '/max_cost_usd'],
    ['a tenth decimal', { max_cost_usd: '0.0000000001' }, '/max_cost_usd'],
    ['a time without offset', { run_at: '2030-01-31T12:00:00' }, '/run_at'],
    ['timeout 0', { timeout_seconds: 0 }, '/timeout_seconds'],
    ['two deadlines', { timeout_seconds: 5, deadline_at: '2030-01-31T12:00:00Z' }, '/deadline_at'],
    ['a webhook as text', { webhook: 'https://example.com' }, '/webhook'],
    ['an unknown event', { webhook: { url: 'https://e.com', events: ['x'] } }, '/webhook/events/0'],
    ['a relative URL', { webhook: { url: '/hook' } }, '/webhook/url'],
    ['a number as metadata', { metadata: { a: 1 } }, '/metadata/a'],
    ['a NUL in the user', { user: 'a\u0000' }, '/user'],
    ['a lone surrogate', { custom_id: '\ud800' }, '/custom_id'],
    ['streaming embeddings', { kind: 'embeddings', stream: true }, '/stream'],
    ['risk_retries above its maximum', { risk_retries: 99 }, '/risk_retries'],
  ])('refuses %s with a pointer to it', (_name, change, pointer) => {
    const error = problemsOf({ ...minimal, ...change });
    expect(error.code).toBe('invalid_request');
    expect(error.errors.map((problem) => problem.pointer)).toContain(pointer);
    expect(error.errors[0]?.detail).toMatch(/expected/);
  });

  test('names an unknown field and the one that was probably meant', () => {
    const error = problemsOf({ ...minimal, maxCostUsd: 1 });
    expect(error.errors).toEqual([
      {
        pointer: '/maxCostUsd',
        code: 'unknown_field',
        detail: '"maxCostUsd" is not a field of this object: did you mean "max_cost_usd"?',
      },
    ]);
  });

  test('reports all problems at once', () => {
    const error = problemsOf({ kind: 'x', body: 1, priority: 'x', surprise: true });
    expect(error.errors.map((problem) => problem.pointer)).toEqual(
      expect.arrayContaining(['/kind', '/body', '/priority', '/surprise']),
    );
    expect(error.message).toMatch(/and \d more/);
  });

  test.each([[null], [[]], ['text'], [7], [undefined]])('refuses %j as an envelope', (envelope) => {
    expect(problemsOf(envelope).errors[0]?.detail).toBe('The body: expected a JSON object.');
  });
});
