import { expect, test } from 'vitest';
import { readProviderError } from './provider-error.ts';

const after = (waitMs: number) => ({ kind: 'after', waitMs });

test.each([
  [{ error: { message: 'slow down' }, retry_after: 20 }, after(20_000)],
  [{ error: { message: 'try again in 9s' }, retry_after_ms: 120 }, after(120)],
  [{ error: { message: 'slow down', retry_after: 3 }, retry_after: 20 }, after(3_000)],
  [{ error: 'slow down', retry_after: '20s' }, after(20_000)],
  [[{ error: { code: 429 }, retry_after: 20 }], after(20_000)],
  [{ detail: 'slow down', retry_after: '20s' }, after(20_000)],
  [{ detail: ['slow down'], retry_after_seconds: 20 }, after(20_000)],
  [{ detail: 'try again in 9s' }, after(9_000)],
  [{ type: 'error', message: 'slow down', retry_after: 20 }, after(20_000)],
  [{ error: { message: 'slow down' } }, undefined],
])('%j asks to wait beside its error or within it', (body, hint) => {
  expect(readProviderError(body)?.retryHint).toEqual(hint);
});
