import { describe, expect, test } from 'vitest';
import { callersTrace, carriedTrace, inSpan, runningSpan, traceIds } from './tracing.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe("a caller's trace", () => {
  test('is taken with its state', () => {
    const taken = callersTrace([traceparent], ['a=1', 'b=2']);
    expect(taken).toEqual({ traceparent, tracestate: 'a=1,b=2' });
  });

  test('is nothing when it is missing, doubled or endless', () => {
    for (const headers of [[], [traceparent, traceparent], ['0'.repeat(1_000)]]) {
      expect(callersTrace(headers, [])).toBeUndefined();
    }
  });

  test('is taken without a state that is empty or too long', () => {
    for (const state of ['', `a=${'1'.repeat(600)}`]) {
      expect(callersTrace([traceparent], [state])).toEqual({ traceparent });
    }
  });
});

describe('without an SDK', () => {
  test('a span runs what it is given and carries nothing', async () => {
    const seen = await inSpan('any', { under: callersTrace([traceparent], []) }, async (span) => {
      span.set({ 'forebay.model': 'alpha' });
      runningSpan().note('a moment');
      return { carried: carriedTrace(), ids: traceIds() };
    });
    expect(seen).toEqual({ carried: undefined, ids: {} });
  });

  test('what a span threw comes through', async () => {
    const failing = inSpan('any', { under: 'running' }, () =>
      Promise.reject(new Error('as it is')),
    );
    await expect(failing).rejects.toThrow('as it is');
  });
});
