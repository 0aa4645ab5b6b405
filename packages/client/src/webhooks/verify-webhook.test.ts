import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { verifyWebhook } from './verify-webhook.ts';

const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const other = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
const sentAt = new Date('2030-01-31T12:00:00Z');
const rawBody = JSON.stringify({ type: 'job.succeeded', timestamp: 't', data: { id: 'job_é' } });

/** Signed by the official library, not by ours. */
function headersFor(body: string, ...secrets: readonly string[]): Record<string, string> {
  const signatures = secrets.map((each) => new Webhook(each).sign('evt_1', sentAt, body));
  return {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(sentAt.getTime() / 1_000),
    'webhook-signature': signatures.join(' '),
  };
}

const nowMs = sentAt.getTime();

describe('verifyWebhook', () => {
  test('takes what the official library signed, as text and as bytes', () => {
    const headers = headersFor(rawBody, secret);
    const event = { id: 'evt_1', type: 'job.succeeded', timestamp: 't', data: { id: 'job_é' } };
    for (const body of [rawBody, new TextEncoder().encode(rawBody)]) {
      const verdict = verifyWebhook({ secrets: secret, headers, rawBody: body, nowMs });
      expect(verdict).toEqual({ kind: 'verified', event });
    }
    const fetched = new Headers(headers);
    expect(verifyWebhook({ secrets: secret, headers: fetched, rawBody, nowMs }).kind).toBe(
      'verified',
    );
  });

  test('takes any of several secrets and any of several signatures', () => {
    const old = headersFor(rawBody, other);
    const both = headersFor(rawBody, other, secret);
    expect(verifyWebhook({ secrets: [secret, other], headers: old, rawBody, nowMs }).kind).toBe(
      'verified',
    );
    expect(verifyWebhook({ secrets: secret, headers: both, rawBody, nowMs }).kind).toBe('verified');
  });

  test.each([
    ['another body', { rawBody: `${rawBody} ` }, 'no_match'],
    ['another secret', { secrets: other }, 'no_match'],
    ['an old time', { nowMs: nowMs + 301_000 }, 'too_old'],
    ['a time to come', { nowMs: nowMs - 301_000 }, 'too_new'],
    ['a missing header', { headers: { 'webhook-id': 'evt_1' } }, 'missing_header'],
  ])('refuses %s', (_, change, reason) => {
    const options = { secrets: secret, headers: headersFor(rawBody, secret), rawBody, nowMs };
    expect(verifyWebhook({ ...options, ...change })).toEqual({ kind: 'refused', reason });
  });

  test('refuses a time that is no number and a body that is no event', () => {
    const headers = { ...headersFor(rawBody, secret), 'webhook-timestamp': 'now' };
    expect(verifyWebhook({ secrets: secret, headers, rawBody, nowMs })).toMatchObject({
      reason: 'bad_timestamp',
    });
    const empty = { secrets: secret, headers: headersFor('[]', secret), rawBody: '[]', nowMs };
    expect(verifyWebhook(empty)).toMatchObject({ reason: 'bad_body' });
  });

  test('fails loudly without a usable secret, and does not show it', () => {
    const headers = headersFor(rawBody, secret);
    expect(() => verifyWebhook({ secrets: [], headers, rawBody })).toThrow('at least one');
    expect(() => verifyWebhook({ secrets: 'hunter2', headers, rawBody })).toThrow(/^(?!.*hunter2)/);
  });
});
