import { describe, expect, test } from 'vitest';
import { callTo } from '../testing/provider-call.ts';
import { callHeaders } from './call-headers.ts';

function headersWith(configured: Readonly<Record<string, string>>) {
  const { provider } = callTo('http://127.0.0.1:1/v1', { headers: configured }).deployment;
  return callHeaders({
    provider,
    attemptId: 'job_1.2',
    dialectHeaders: { 'some-version': '1' },
    credentials: { authorization: 'Bearer k1' },
  });
}

describe('the headers of a call', () => {
  test('carry the key, the attempt and what the operator configured, but no broken framing', () => {
    const configured = {
      'OpenAI-Project': 'p1',
      'Content-Length': '3',
      'X-Forebay-Attempt-Id': 'fake',
    };
    expect(headersWith(configured)).toEqual({
      'user-agent': 'forebay',
      authorization: 'Bearer k1',
      'some-version': '1',
      'openai-project': 'p1',
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      'x-forebay-attempt-id': 'job_1.2',
    });
  });

  test('of the dialect give way to configured ones', () => {
    expect(headersWith({ 'Some-Version': '2' })).toMatchObject({ 'some-version': '2' });
  });
});
