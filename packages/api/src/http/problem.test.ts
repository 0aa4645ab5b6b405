import { type ErrorCode, errorCatalog } from '@forebay/shared/domain/error-catalog';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { describe, expect, test } from 'vitest';
import { problemReply } from './problem.ts';

const context = { requestId: 'req_1', instance: '/v1/jobs' };

describe('problemReply', () => {
  test('carries the problem document and the OpenAI shape in one body', () => {
    const error = new ForebayError('invalid_request', 'Wrong.', {
      param: 'priority',
      errors: [{ pointer: '/priority', code: 'invalid_value', detail: 'Wrong.' }],
    });
    expect(problemReply(error, context)).toEqual({
      status: 400,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'x-should-retry': 'false',
      },
      body: {
        type: 'urn:forebay:problem:invalid_request',
        title: 'The request is not valid',
        status: 400,
        detail: 'Wrong.',
        instance: '/v1/jobs',
        code: 'invalid_request',
        param: 'priority',
        errors: [{ pointer: '/priority', code: 'invalid_value', detail: 'Wrong.' }],
        request_id: 'req_1',
        error: {
          message: 'Wrong.',
          type: 'invalid_request_error',
          param: 'priority',
          code: 'invalid_request',
        },
      },
    });
  });

  test('a limit that was reached says so in both forms of its headers', () => {
    const options = { retryAfterSeconds: 5, violatedPolicy: 'queued-jobs' };
    const reply = problemReply(new ForebayError('key_limit_exceeded', 'Full.', options), context);
    expect(reply.headers).toMatchObject({
      ratelimit: '"queued-jobs";r=0;t=5',
      'x-ratelimit-remaining-queued-jobs': '0',
    });
  });

  test('an unknown failure tells nothing of itself', () => {
    const reply = problemReply(new Error('canary: password in a stack'), context);
    expect(reply.status).toBe(500);
    expect(JSON.stringify(reply)).not.toContain('canary');
  });

  test('a refused key says how to authenticate', () => {
    const reply = problemReply(new ForebayError('unauthorized', 'No key.'), context);
    expect(reply.headers?.['www-authenticate']).toMatch(/^Bearer/);
  });

  // The catalogue's keys are exactly the codes.
  test.each(Object.keys(errorCatalog) as ErrorCode[])(
    '%s has its status and retry hint',
    (code) => {
      const reply = problemReply(new ForebayError(code, 'x'), context);
      expect(reply.status).toBe(errorCatalog[code].status);
      expect(reply.headers?.['x-should-retry']).toBe(String(errorCatalog[code].retryable));
      expect(reply.headers?.['retry-after'] !== undefined).toBe(errorCatalog[code].retryable);
    },
  );
});
