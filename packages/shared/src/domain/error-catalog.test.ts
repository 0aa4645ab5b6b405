import { expect, test } from 'vitest';
import { errorCatalog, jobErrorCatalog } from './error-catalog.ts';

test('every error has a status of its kind and a title without a full stop', () => {
  for (const [code, { status, title }] of Object.entries(errorCatalog)) {
    expect(code).toMatch(/^[a-z_]+$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).toMatch(/[^.]$/);
  }
});

test('a caller may repeat what was slow, is limited, or is broken, not what is not set up', () => {
  for (const [code, { status, retryable }] of Object.entries(errorCatalog)) {
    // Nothing is wrong with the request: all models are too busy for it now.
    const isTooBusy = code === 'deadline_unreachable';
    const mayPass = status === 408 || status === 429 || (status >= 500 && status !== 501);
    expect(retryable, code).toBe(mayPass || isTooBusy);
  }
});

test('every reason of a failed job has a text', () => {
  for (const text of Object.values(jobErrorCatalog)) expect(text).not.toBe('');
});
