import { expect, test } from 'vitest';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { currentReason } from './status-reason.ts';

test('a waiting job tells how many are ahead of it, and where', () => {
  const record = sampleRecord({ model: 'gpt-mini' });
  expect(currentReason(record, 14)).toEqual({
    code: 'queued',
    text: 'waiting: 14 ahead on gpt-mini',
  });
});

test('a job whose model is paused tells until when', () => {
  const opensAtMs = Date.parse('2030-01-31T12:00:05Z');
  expect(currentReason(sampleRecord(), 3, opensAtMs)).toEqual({
    code: 'queued',
    text: 'waiting: 3 ahead on alpha, paused until 2030-01-31T12:00:05.000Z',
  });
});

test('a waiting job without a known place keeps the words of its record', () => {
  const record = sampleRecord();
  expect(currentReason(record, undefined)).toEqual(record.statusReason);
});

test('a job that was moved tells why, and how many are ahead of it now', () => {
  const text = 'reassigned: provider error (503), attempt 2 of 4';
  const record = sampleRecord({ statusReason: { code: 'reassigned', text } });
  expect(currentReason(record, 0)).toEqual({
    code: 'reassigned',
    text: `${text}; 0 ahead on alpha`,
  });
});

test('a scheduled job tells until when', () => {
  const record = sampleRecord({
    state: 'scheduled',
    statusReason: { code: 'scheduled', text: 'its start time is ahead' },
    runAtMs: Date.parse('2030-01-31T12:00:00Z'),
  });
  expect(currentReason(record, undefined)).toEqual({
    code: 'scheduled',
    text: 'scheduled until 2030-01-31T12:00:00.000Z',
  });
});

test('a job that runs or has ended shows what its record says', () => {
  const statusReason = { code: 'succeeded', text: 'answered by alpha' };
  const record = sampleRecord({ state: 'succeeded', statusReason, runAtMs: 5 });
  expect(currentReason(record, undefined)).toEqual(statusReason);
});

test('a job that waits for money tells of which budget, and when that begins anew', () => {
  const text = 'held: too little is left of a budget';
  const waiting = (renewsAtMs: number | undefined) =>
    currentReason(
      sampleRecord({
        statusReason: { code: 'held', text },
        waitsFor: { kind: 'budget', account: 'bud_1', renewsAtMs },
      }),
      undefined,
    ).text;
  expect(waiting(undefined)).toBe(`${text}; bud_1`);
  const renewsAtMs = Date.parse('2030-02-01T00:00:00Z');
  expect(waiting(renewsAtMs)).toBe(`${text}; bud_1 begins anew at 2030-02-01T00:00:00.000Z`);
});
