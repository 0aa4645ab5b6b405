import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DeliveryResponse,
  decideDelivery,
  judgeEndpoint,
  parseRetryAfter,
  retryDelaysMs,
} from './retry-schedule.ts';

function answered(status: number, retryAfterMs?: number): DeliveryResponse {
  return { kind: 'answered', status, retryAfterMs };
}

const hour = 3_600_000;

describe('a delivery', () => {
  test.each([200, 201, 202, 204, 299])('answered %d is delivered', (status) => {
    expect(decideDelivery({ attempts: 9 }, answered(status), 0)).toEqual({ kind: 'delivered' });
  });

  test('answered 410 ends at once, because the endpoint is gone', () => {
    const verdict = { kind: 'given_up', endpointGone: true };
    expect(decideDelivery({ attempts: 0 }, answered(410, 5_000), 0)).toEqual(verdict);
  });

  test.each([301, 308, 400, 401, 404, 429, 500, 502, 503, 504])(
    'answered %d is tried again',
    (status) => {
      const verdict = decideDelivery({ attempts: 0 }, answered(status), 0.5);
      expect(verdict).toEqual({ kind: 'retry', afterMs: 5_000 });
    },
  );

  test('that was blocked is tried again too, since a name can be repaired', () => {
    const response = { kind: 'failed', errorClass: 'blocked' } as const;
    expect(decideDelivery({ attempts: 1 }, response, 0.5)).toEqual({
      kind: 'retry',
      afterMs: 300_000,
    });
  });

  test('is tried ten times over about three days, then given up', () => {
    const waits: number[] = [];
    for (let attempts = 0; ; attempts += 1) {
      const verdict = decideDelivery({ attempts }, answered(500), 0.5);
      if (verdict.kind !== 'retry') {
        expect(verdict).toEqual({ kind: 'given_up', endpointGone: false });
        break;
      }
      waits.push(verdict.afterMs);
    }
    expect(waits).toEqual([...retryDelaysMs]);
    expect(waits).toHaveLength(9);
    expect(waits.reduce((sum, one) => sum + one, 0) / hour).toBeCloseTo(75.6, 1);
  });

  test('waits within a fifth of the schedule', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 8 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempts, random) => {
          const verdict = decideDelivery({ attempts }, answered(500), random);
          const base = retryDelaysMs[attempts] ?? 0;
          if (verdict.kind !== 'retry') throw new Error('expected a retry');
          expect(verdict.afterMs).toBeGreaterThanOrEqual(base * 0.8);
          expect(verdict.afterMs).toBeLessThanOrEqual(base * 1.2);
        },
      ),
    );
  });

  test('waits as the receiver asks, within a second and a day', () => {
    const waitFor = (askedMs: number) =>
      decideDelivery({ attempts: 0 }, answered(503, askedMs), 0.9);
    expect(waitFor(90_000)).toEqual({ kind: 'retry', afterMs: 90_000 });
    expect(waitFor(0)).toEqual({ kind: 'retry', afterMs: 1_000 });
    expect(waitFor(999 * hour)).toEqual({ kind: 'retry', afterMs: 24 * hour });
  });

  test('is given up after the last attempt whatever the receiver asks', () => {
    expect(decideDelivery({ attempts: 9 }, answered(503, 1_000), 0)).toEqual({
      kind: 'given_up',
      endpointGone: false,
    });
  });
});

describe('an endpoint', () => {
  const judge = (endpointFailures: number, response: DeliveryResponse) =>
    judgeEndpoint({ endpointFailures, type: 'job.failed' }, response);
  const refused = { kind: 'failed', errorClass: 'refused' } as const;

  test('that answers 2xx delivers, whatever was before', () => {
    expect(judge(7, answered(204))).toEqual({ kind: 'delivers' });
  });

  test('is held from its third failure in a row on, each time longer, up to five minutes', () => {
    const holds = Array.from({ length: 11 }, (_, failures) => judge(failures, refused));
    const seconds = [0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300];
    expect(holds).toEqual(seconds.map((each) => ({ kind: 'fails', holdMs: each * 1_000 })));
  });

  test.each([429, 502, 503, 504])('that answers %d is held at once', (status) => {
    expect(judge(0, answered(status))).toEqual({ kind: 'fails', holdMs: 5_000 });
    expect(judge(2, answered(status))).toEqual({ kind: 'fails', holdMs: 20_000 });
  });

  test('that says when to come again is held until then, within a second and a day', () => {
    expect(judge(5, answered(429, 90_000))).toEqual({ kind: 'fails', holdMs: 90_000 });
    expect(judge(0, answered(500, 0))).toEqual({ kind: 'fails', holdMs: 1_000 });
    expect(judge(0, answered(500, 99 * hour))).toEqual({ kind: 'fails', holdMs: 24 * hour });
  });

  test('is not judged by a test that somebody asked for, and a test is made once', () => {
    const event = { endpointFailures: 9, attempts: 0, type: 'webhook.test' } as const;
    expect(judgeEndpoint(event, refused)).toEqual({ kind: 'untold' });
    expect(judgeEndpoint(event, answered(200))).toEqual({ kind: 'delivers' });
    expect(decideDelivery(event, refused, 0)).toEqual({ kind: 'given_up', endpointGone: false });
  });
});

describe('Retry-After', () => {
  const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0);

  test.each([
    ['0', 0],
    ['120', 120_000],
    ['Thu, 01 Jan 2026 12:01:00 GMT', 60_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
  ])('"%s" is read', (text, expected) => {
    expect(parseRetryAfter(text, nowMs)).toBe(expected);
  });

  test.each([undefined, '', '-1', '1.5', '1e3', 'soon', '2026-01-01', '9'.repeat(20), '0x10'])(
    '%j is passed over',
    (text) => expect(parseRetryAfter(text, nowMs)).toBeUndefined(),
  );
});
