import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { ForebayError } from '../domain/forebay-error.ts';
import { systemClock } from '../runtime/clock.ts';
import { signWebhook, type VerifyWebhookRequest, verifyWebhook } from './signature.ts';
import { newWebhookSecret, parseWebhookSecret } from './webhook-secret.ts';

const secret = newWebhookSecret();
const nowSeconds = 1_790_000_000;
const body = Buffer.from('{"type":"job.succeeded","data":{"id":"job_1"}}');

function signed(change: Partial<VerifyWebhookRequest> = {}): VerifyWebhookRequest {
  const headers = signWebhook({
    secrets: [secret],
    id: 'evt_1',
    timestampSeconds: nowSeconds,
    body,
  });
  return { secrets: [secret], headers: { ...headers }, body, nowSeconds, ...change };
}

function withSignature(signature: string): VerifyWebhookRequest {
  const request = signed();
  return { ...request, headers: { ...request.headers, 'webhook-signature': signature } };
}

describe('the official library as oracle', () => {
  // It reads the machine's clock and takes no other.
  const timestampSeconds = Math.floor(systemClock.nowMs() / 1000);

  test('accepts what we sign', () => {
    fc.assert(
      fc.property(fc.json(), fc.uint8Array({ minLength: 24, maxLength: 64 }), (json, key) => {
        const own = `whsec_${Buffer.from(key).toString('base64')}`;
        const bytes = Buffer.from(json);
        const headers = signWebhook({ secrets: [own], id: 'evt_1', timestampSeconds, body: bytes });
        expect(new Webhook(own).verify(bytes, { ...headers })).toEqual(JSON.parse(json));
      }),
    );
  });

  test('signs what we accept', () => {
    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(nowSeconds),
      'webhook-signature': new Webhook(secret).sign('evt_1', new Date(nowSeconds * 1000), body),
    };
    expect(verifyWebhook({ secrets: [secret], headers, body, nowSeconds })).toEqual({
      kind: 'verified',
      id: 'evt_1',
      timestampSeconds: nowSeconds,
    });
  });

  test('accepts either secret while secrets are rotated', () => {
    const next = newWebhookSecret();
    const headers = signWebhook({ secrets: [next, secret], id: 'evt_1', timestampSeconds, body });
    expect(() => new Webhook(secret).verify(body, { ...headers })).not.toThrow();
    expect(() => new Webhook(next).verify(body, { ...headers })).not.toThrow();
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
  });
});

describe('what is signed', () => {
  test('are the exact bytes, also those that are no text', () => {
    const bytes = Uint8Array.from([0xff, 0xfe, 0x00, 0x80]);
    const headers = signWebhook({
      secrets: [secret],
      id: 'evt_1',
      timestampSeconds: 1,
      body: bytes,
    });
    const expected = createHmac('sha256', parseWebhookSecret(secret))
      .update(Buffer.concat([Buffer.from('evt_1.1.'), bytes]))
      .digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  });

  test('covers body, id and time', () => {
    const changedBody = Buffer.from(body);
    changedBody[5] = (changedBody[5] ?? 0) ^ 1;
    const { headers } = signed();
    const verdicts = [
      verifyWebhook(signed({ body: changedBody })),
      verifyWebhook(signed({ headers: { ...headers, 'webhook-id': 'evt_2' } })),
      verifyWebhook(signed({ headers: { ...headers, 'webhook-timestamp': `${nowSeconds + 1}` } })),
      verifyWebhook(signed({ secrets: [newWebhookSecret()] })),
    ];
    for (const verdict of verdicts)
      expect(verdict).toEqual({ kind: 'refused', reason: 'no_match' });
  });
});

describe('a signature', () => {
  const good = signed().headers['webhook-signature'];
  const text = typeof good === 'string' ? good.slice('v1,'.length) : '';
  const raw = Buffer.from(text, 'base64');

  test.each([
    ['is empty', 'v1,'],
    ['is short', `v1,${raw.subarray(0, 1).toString('base64')}`],
    ['lacks the last byte', `v1,${raw.subarray(0, 31).toString('base64')}`],
    ['is over-long', `v1,${Buffer.concat([raw, Buffer.from([0])]).toString('base64')}`],
    ['is the right one twice', `v1,${text}${text}`],
    ['has other bytes', `v1,${randomBytes(32).toString('base64')}`],
    ['is not base64', `v1,${text.slice(0, -2)}*=`],
    ['has another version', `v1a,${text}`],
    ['has no version', text],
    ['has a comma in front', `v1,,${text}`],
    ['comes after too many others', `${'v1,AAAA '.repeat(16)}v1,${text}`],
  ])('that %s does not match', (_what, signature) => {
    expect(verifyWebhook(withSignature(signature))).toEqual({
      kind: 'refused',
      reason: 'no_match',
    });
  });

  test('is found among others', () => {
    expect(verifyWebhook(withSignature(`v1,AAAA v2,x v1,${text}`)).kind).toBe('verified');
  });
});

describe('the time of an attempt', () => {
  test.each([
    [nowSeconds + 300, 'verified'],
    [nowSeconds - 300, 'verified'],
  ])('at the edge of the tolerance (now %d) is accepted', (now, kind) => {
    expect(verifyWebhook(signed({ nowSeconds: now })).kind).toBe(kind);
  });

  test('outside the tolerance is refused, both ways', () => {
    expect(verifyWebhook(signed({ nowSeconds: nowSeconds + 301 }))).toMatchObject({
      reason: 'too_old',
    });
    expect(verifyWebhook(signed({ nowSeconds: nowSeconds - 301 }))).toMatchObject({
      reason: 'too_new',
    });
    expect(
      verifyWebhook(signed({ nowSeconds: nowSeconds + 11, toleranceSeconds: 10 })),
    ).toMatchObject({ reason: 'too_old' });
  });

  test.each(['', '12a', '-5', '1e9', ' 1', '1.5', '9'.repeat(30)])('"%s" is not read', (text) => {
    const { headers } = signed();
    const verdict = verifyWebhook(signed({ headers: { ...headers, 'webhook-timestamp': text } }));
    expect(verdict.kind).toBe('refused');
  });

  test('and the other headers must be there once', () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      const { headers } = signed();
      const missing = { ...headers, [name]: undefined };
      const doubled = { ...headers, [name]: ['a', 'b'] };
      expect(verifyWebhook(signed({ headers: missing }))).toMatchObject({ kind: 'refused' });
      expect(verifyWebhook(signed({ headers: doubled }))).toMatchObject({ kind: 'refused' });
    }
  });
});

describe('a secret', () => {
  test('of our making has 32 random bytes and the prefix', () => {
    expect(parseWebhookSecret(newWebhookSecret())).toHaveLength(32);
    expect(newWebhookSecret()).not.toBe(newWebhookSecret());
  });

  test.each([
    ['no prefix', randomBytes(32).toString('base64')],
    ['too short', `whsec_${randomBytes(23).toString('base64')}`],
    ['too long', `whsec_${randomBytes(65).toString('base64')}`],
    ['empty', 'whsec_'],
    ['not base64', `whsec_${'*'.repeat(44)}`],
    ['another alphabet', `whsec_${'-_'.repeat(22)}`],
  ])('with %s is refused without being shown', (_what, text) => {
    let caught: unknown;
    try {
      parseWebhookSecret(text);
    } catch (error) {
      caught = error;
    }
    expect(ForebayError.is(caught)).toBe(true);
    const shown = text.slice('whsec_'.length);
    if (shown.length > 10) expect(String(caught)).not.toContain(shown);
  });

  test('of 24 and of 64 bytes is read, padded or not', () => {
    for (const bytes of [24, 25, 26, 64]) {
      const padded = `whsec_${randomBytes(bytes).toString('base64')}`;
      expect(parseWebhookSecret(padded)).toHaveLength(bytes);
      expect(parseWebhookSecret(padded.replace(/=+$/, ''))).toHaveLength(bytes);
    }
  });
});
